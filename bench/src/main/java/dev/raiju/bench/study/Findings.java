package dev.raiju.bench.study;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.eval.Features;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/// What the raw results of a study say of its arms.
final class Findings {
  private record Place(long seed, String course) {}

  /// How a stage went.
  record Stage(long parameters, long steps, double seconds, long leftOut, List<String> problems) {}

  private final Study study;
  private final Map<Place, Map<String, TreeMap<Long, double[]>>> losses = new HashMap<>();
  private final Map<Place, Stage> stages = new HashMap<>();
  private final List<Fields> clips;
  private final Optional<Features> truth;

  Findings(Study study, RawResults results) throws ModelFormatException {
    this.study = study;
    for (Fields line : results.all(RawResults.LOSS)) {
      losses.computeIfAbsent(place(line), _ -> new TreeMap<>()).computeIfAbsent(line.string("words"), _ -> new TreeMap<>()).put(
          line
              .integer("step"), RawResults.numbers(line, "each"));
    }
    for (Fields line : results.all(RawResults.STAGE)) {
      stages.put(place(line), new Stage(line.integer("parameters"), line.integer("steps"), line.number("seconds"), line.integer(
          "left_out"), line.strings("problems")));
    }
    this.clips = results.all(RawResults.CLIPS);
    List<Fields> trueClips = results.all(RawResults.TRUTH);
    this.truth = trueClips.isEmpty()
        ? Optional.empty()
        : Optional.of(new Features(RawResults.rows(trueClips.getFirst(), "features")));
  }

  private static Place place(Fields line) throws ModelFormatException {
    return new Place(line.integer("seed"), line.string("course"));
  }

  /// Whether an arm has been run with all seeds.
  boolean whole(Study.Arm arm) throws ModelFormatException {
    for (long seed : study.seeds(arm.course())) {
      if (clips(arm, seed, RawResults.USUAL).isEmpty()) return false;
    }
    return true;
  }

  private Optional<Fields> clips(Study.Arm arm, long seed, String words) throws ModelFormatException {
    for (Fields line : clips) {
      if (place(line).equals(new Place(seed, arm.course().id())) && line.string("words").equals(words) && line.string("sampling")
          .equals(arm.sampling().toString())) return Optional.of(line);
    }
    return Optional.empty();
  }

  /// How the last stage of an arm went with a seed.
  Optional<Stage> stage(Course course, long seed) { return Optional.ofNullable(stages.get(new Place(seed, course.id()))); }

  /// What an arm came to; empty where that was not measured with all seeds.
  Optional<Statistic> of(Study.Arm arm, Measure measure) throws ModelFormatException {
    List<double[]> values = new ArrayList<>();
    List<ToDoubleFunction<int[]>> distances = new ArrayList<>();
    int units = 0;
    for (long seed : study.seeds(arm.course())) {
      Optional<double[]> of = switch (measure) {
        case LOSS, OTHER_LOSS -> last(seed, arm.course(), measure.wording());
        case FIRST_LOSS -> arm.course().legs().size() < 2
            ? Optional.empty()
            : last(seed, new Course(arm.course().legs().subList(0, 1)), measure.wording());
        case RIGHT, OTHER_RIGHT -> perClip(arm, seed, measure, "right");
        case ATTRIBUTES, OTHER_ATTRIBUTES -> perClip(arm, seed, measure, "attributes");
        case FVD_S -> Optional.empty();
      };
      of.ifPresent(values::add);
      Optional<Fields> line = measure == Measure.FVD_S ? clips(arm, seed, RawResults.USUAL) : Optional.empty();
      if (line.isPresent() && line.get().has("features") && truth.isPresent()) {
        Features made = new Features(RawResults.rows(line.get(), "features"));
        Features goal = truth.get();
        units = made.count();
        distances.add(clips -> made.at(clips).frechet(goal.at(clips)));
      }
    }
    int seeds = study.seeds(arm.course()).size();
    if (distances.size() == seeds) return Optional.of(new Statistic(units, distances, true));
    return values.size() == seeds ? Optional.of(Statistic.mean(values)) : Optional.empty();
  }

  private Optional<double[]> perClip(Study.Arm arm, long seed, Measure measure, String name) throws ModelFormatException {
    Optional<Fields> line = clips(arm, seed, measure.wording());
    return line.isPresent() ? Optional.of(RawResults.numbers(line.get(), name)) : Optional.empty();
  }

  private Optional<double[]> last(long seed, Course course, String words) {
    SortedMap<Long, double[]> steps = losses.getOrDefault(new Place(seed, course.id()), Map.of()).getOrDefault(words,
        new TreeMap<>());
    return stages.containsKey(new Place(seed, course.id()))
        ? steps.values().stream().reduce((_, later) -> later)
        : Optional.empty();
  }

  /// The mean loss of an arm over its steps of training, all stages one after the other, where all seeds were measured.
  SortedMap<Long, Double> curve(Study.Arm arm, String words) {
    TreeMap<Long, List<Double>> points = new TreeMap<>();
    List<Long> seeds = study.seeds(arm.course());
    for (long seed : seeds) {
      long before = 0;
      for (int legs = 1; legs <= arm.course().legs().size(); legs++) {
        Course course = new Course(arm.course().legs().subList(0, legs));
        long offset = before;
        losses.getOrDefault(new Place(seed, course.id()), Map.of()).getOrDefault(words, new TreeMap<>()).forEach((step,
            each) -> points.computeIfAbsent(offset + step, _ -> new ArrayList<>()).add(DoubleStream.of(each).average().orElse(
                Double.NaN)));
        before += stage(course, seed).map(Stage::steps).orElse(0L);
      }
    }
    TreeMap<Long, Double> curve = new TreeMap<>();
    points.forEach((step, each) -> {
      if (each.size() == seeds.size()) curve.put(step, each.stream().mapToDouble(x -> x).average().orElseThrow());
    });
    return curve;
  }
}
