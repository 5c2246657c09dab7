package dev.raiju.bench.study;

import dev.raiju.bench.Machine;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.recipe.Trial;
import dev.raiju.training.recipe.Trials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Runs the arms of a study, the first seed of all before the second. What is in the results is not done again; a stage that was not
/// finished begins anew, and gives the same.
final class StudyRun implements AutoCloseable {
  private final Study study;
  private final RawResults results;
  private final Checkpoints checkpoints;
  private final Trials trials;
  private final Measures measures;
  private final Consumer<String> note;

  private StudyRun(Study study, RawResults results, Checkpoints checkpoints, Trials trials, Measures measures,
      Consumer<String> note) {
    this.study = study;
    this.results = results;
    this.checkpoints = checkpoints;
    this.trials = trials;
    this.measures = measures;
    this.note = note;
  }

  /// @param root what the study's folders are relative to
  /// @param runs where latents and models between stages are kept
  /// @param note told how it goes
  /// @throws IllegalArgumentException if there are results of another teacher, or of other data
  static StudyRun open(Study study, RawResults results, Path root, Path runs, Device device, Consumer<String> note)
      throws IOException {
    Path own = runs.resolve(study.name());
    Durable.system().makeDirectory(own);
    Trials trials = Trials.open(root.resolve(study.model()), root.resolve(study.teacher()), Fields.of("data", study.data()), own
        .resolve("latents"), device, done -> {
          if (done % 512 == 0) note.accept("latents: " + done);
        });
    Json.Obj basis = RawResults.line(RawResults.BASIS).with("teacher", Weights.digest(trials)).with("study", study.basis());
    List<Json.Obj> lines = results.lines();
    if (lines.isEmpty()) {
      results.add(basis);
    } else if (!lines.getFirst().equals(basis)) {
      trials.close();
      throw new IllegalArgumentException("study: " + results
          + " was measured with another teacher or on other data; move it away");
    }
    results.remove(unfinished(lines));
    results.add(RawResults.line(RawResults.RUN).with("machine", Machine.json()));
    return new StudyRun(study, results, new Checkpoints(own, device), trials, new Measures(study, trials, device), note);
  }

  /// Losses of stages that did not come to their end.
  private static List<Json.Obj> unfinished(List<Json.Obj> lines) {
    return lines.stream().filter(line -> kind(line, RawResults.LOSS)).filter(line -> lines.stream().noneMatch(other -> kind(other,
        RawResults.STAGE) && same(line, other, "seed") && same(line, other, "course"))).toList();
  }

  private static boolean kind(Json.Obj line, String kind) { return Json.of(kind).equals(line.members().get("line")); }

  private static boolean same(Json.Obj a, Json.Obj b, String name) {
    Json value = a.members().get(name);
    return value != null && value.equals(b.members().get(name));
  }

  /// Runs what is not there yet.
  ///
  /// @param stop asked before every stage and every set of clips
  /// @return whether all is there
  boolean run(BooleanSupplier stop) throws IOException {
    if (study.clips().features() && results.all(RawResults.TRUTH).isEmpty())
      results.add(RawResults.line(RawResults.TRUTH).with("features", measures.truth()));
    for (long seed : all()) {
      for (Study.Arm arm : study.arms()) {
        if (!study.seeds(arm.course()).contains(seed)) continue;
        if (!run(seed, arm, stop)) return false;
      }
      forget(seed);
    }
    return true;
  }

  private List<Long> all() {
    TreeSet<Long> seeds = new TreeSet<>(study.seeds());
    study.arms().forEach(arm -> seeds.addAll(study.seeds(arm.course())));
    return List.copyOf(seeds);
  }

  private boolean run(long seed, Study.Arm arm, BooleanSupplier stop) throws IOException {
    for (int legs = 0; legs <= arm.course().legs().size(); legs++) {
      Course course = new Course(arm.course().legs().subList(0, legs));
      if (course.isTeacher() && !arm.course().isTeacher() || done(seed, course)) continue;
      if (stop.getAsBoolean()) return false;
      model(seed, course).close();
    }
    for (var words : wordings().entrySet()) {
      if (sampled(seed, arm, words.getKey())) continue;
      if (stop.getAsBoolean()) return false;
      try (WanTransformer model = model(seed, arm.course())) {
        Json.Obj line = place(RawResults.CLIPS, seed, arm.course()).with("sampling", arm.sampling().toString()).with("words",
            words
                .getKey());
        results.add(Overlay.of(line, measures.clips(model, arm.sampling(), words.getValue())));
      }
      note.accept(String.format(Locale.ROOT, "%s, seed %d: clips, %s", arm.name(), seed, words.getKey()));
    }
    return true;
  }

  private Map<String, UnaryOperator<String>> wordings() {
    Map<String, UnaryOperator<String>> wordings = new LinkedHashMap<>();
    wordings.put(RawResults.USUAL, UnaryOperator.identity());
    if (!study.otherWords().isEmpty()) wordings.put(RawResults.OTHER, study::inOtherWords);
    return wordings;
  }

  private static Json.Obj place(String kind, long seed, Course course) {
    return RawResults.line(kind).with("seed", seed).with("course", course.id());
  }

  private boolean at(Fields line, long seed, Course course) throws IOException {
    return line.integer("seed") == seed && line.string("course").equals(course.id());
  }

  private boolean done(long seed, Course course) throws IOException {
    for (Fields line : results.all(RawResults.STAGE)) {
      if (at(line, seed, course)) return true;
    }
    return false;
  }

  private boolean sampled(long seed, Study.Arm arm, String words) throws IOException {
    for (Fields line : results.all(RawResults.CLIPS)) {
      if (at(line, seed, arm.course()) && line.string("words").equals(words) && line.string("sampling").equals(arm.sampling()
          .toString())) return true;
    }
    return false;
  }

  /// What a course leads to: read, or made and measured on the way. The caller's.
  private WanTransformer model(long seed, Course course) throws IOException {
    boolean known = done(seed, course);
    if (course.isTeacher()) {
      WanTransformer teacher = trials.teacher().copy();
      // an arm of its own, or only what others begin with
      if (!known && study.seeds(course).contains(seed)) finish(seed, course, "teacher", teacher, new Progress());
      return teacher;
    }
    Optional<WanTransformer> kept = known ? checkpoints.load(name(seed, course)) : Optional.empty();
    if (kept.isPresent()) return kept.get();
    Progress progress = new Progress();
    WanTransformer model = made(seed, course, known, progress);
    checkpoints.save(name(seed, course), model);
    if (!known) finish(seed, course, course.last().stage().word(), model, progress);
    return model;
  }

  private static String name(long seed, Course course) { return seed + "-" + course.id(); }

  /// How a stage went.
  private static final class Progress {
    private final long begun = System.nanoTime();
    private final TreeSet<String> problems = new TreeSet<>();
    private long steps;
    private int leftOut;

    void step(Metrics metrics) {
      steps++;
      if (!metrics.applied()) leftOut++;
      // without their numbers, which differ from step to step
      metrics.problems().forEach(problem -> problems.add(problem.replaceFirst(":.*", "")));
    }

    Json.Obj on(Json.Obj line) {
      return line.with("steps", steps).with("seconds", RawResults.number((System.nanoTime() - begun) / 1e9)).with("left_out",
          leftOut).with("problems", new Json.Arr(problems.stream().map(Json::of).toList()));
    }
  }

  /// @param known whether it was measured before
  private WanTransformer made(long seed, Course course, boolean known, Progress progress) throws IOException {
    Leg leg = course.last();
    Fields settings = Fields.of(study.name() + ": " + leg.stage().word(), leg.settings());
    if (leg.stage() == Leg.Stage.PRUNE) {
      if (!course.before().isTeacher())
        throw new IllegalArgumentException("study: prune comes after another stage; needs to be the first");
      return trials.prune(settings, seed);
    }
    UnaryOperator<String> words = leg.otherWords() ? study::inOtherWords : UnaryOperator.identity();
    try (WanTransformer model = model(seed, course.before());
        Trial trial = leg.stage() == Leg.Stage.DISTILL
            ? trials.distill(model, settings, seed)
            : trials.train(leg.stage().word(), model, settings, seed, words)) {
      for (long step = 1; step <= trial.steps(); step++) {
        progress.step(trial.step(step));
        if (known || step == trial.steps() || step % study.validation().every() != 0) continue;
        try (WanTransformer now = trial.result()) {
          measure(seed, course, step, now);
        }
      }
      return trial.result();
    }
  }

  private void measure(long seed, Course course, long step, WanTransformer model) throws IOException {
    for (var words : wordings().entrySet()) {
      double[] losses = measures.losses(model, words.getValue());
      results.add(place(RawResults.LOSS, seed, course).with("step", step).with("words", words.getKey()).with("each", RawResults
          .numbers(losses)));
    }
  }

  private void finish(long seed, Course course, String stage, WanTransformer model, Progress progress) throws IOException {
    measure(seed, course, progress.steps, model);
    Json.Obj line = place(RawResults.STAGE, seed, course).with("stage", stage).with("parameters", model.parameterCount());
    results.add(progress.on(line));
    note.accept(String.format(Locale.ROOT, "seed %d, %s %s: %.0f s", seed, stage, course.id(), (System.nanoTime()
        - progress.begun) / 1e9));
  }

  /// Once all arms have been run with a seed, nothing goes on from its models.
  private void forget(long seed) throws IOException {
    for (Study.Arm arm : study.arms()) {
      for (Course course = arm.course(); !course.isTeacher(); course = course.before()) checkpoints.remove(name(seed, course));
    }
  }

  @Override
  public void close() {
    measures.close();
    trials.close();
  }
}
