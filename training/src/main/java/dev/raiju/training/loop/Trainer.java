package dev.raiju.training.loop;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Takes a stage through its steps: goes on from the newest saved state, saves at intervals, stops when asked, and goes back
/// when the numbers go bad.
///
/// A run that was stopped anywhere and started again gives the same bits as one that never stopped.
public final class Trainer {
  /// A few bad steps in a row, or many among the last ones, mean that the state itself is bad.
  private static final int BAD_IN_A_ROW = 3;
  private static final int WINDOW = 300;
  private static final int BAD_IN_WINDOW = 4;
  private static final int ROLL_BACKS = 3;
  private static final int TOLD_EVERY = 50;

  private final Stage stage;
  private final RunDirectory directory;
  private final long steps;
  private final Duration saveEvery;
  private final Observer observer;
  private final Reference normal;
  private final History history = new History();
  /// For each problem of the last step, for how many steps it has lasted.
  private final Map<String, Integer> lasting = new HashMap<>();
  private long step;
  private int badInARow;
  private int rollBacks;
  private boolean saved;

  /// @param steps how many the stage has in all
  /// @param saveEvery how much work may be lost
  public Trainer(Stage stage, RunDirectory directory, long steps, Duration saveEvery, Observer observer) {
    this(stage, directory, steps, saveEvery, observer, Reference.NONE);
  }

  /// The same with curves that its report shows as what is normal.
  public Trainer(Stage stage, RunDirectory directory, long steps, Duration saveEvery, Observer observer, Reference normal) {
    this.stage = stage;
    this.directory = directory;
    this.steps = steps;
    this.saveEvery = saveEvery;
    this.observer = observer;
    this.normal = normal;
  }

  /// Hears how the run goes.
  public interface Observer {
    /// After every step.
    void stepped(long step, long steps, Metrics metrics, History history);

    /// Something that a person should know.
    void note(String line);

    /// After the state was saved.
    default void saved(long step, History history) throws IOException {}
  }

  /// How a run ended.
  public enum End { FINISHED, STOPPED }

  /// A run that cannot go on by itself.
  public static final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DivergedException(String message) { super(message); }
  }

  /// Runs until all steps are taken or `stop` says so; then the state is saved.
  ///
  /// @throws DivergedException if going back did not help
  /// @throws IOException if a state cannot be saved or read
  public End run(BooleanSupplier stop) throws IOException {
    goOn();
    long savedAt = System.nanoTime();
    while (step < steps) {
      if (stop.getAsBoolean()) {
        if (!saved) save();
        return End.STOPPED;
      }
      Metrics metrics = stage.step(step + 1);
      step++;
      saved = false;
      history.add(metrics);
      observer.stepped(step, steps, metrics, history);
      tell(metrics);
      if (!metrics.applied()) bad(metrics);
      else badInARow = 0;
      // a state to go back to must be a good one
      if (badInARow == 0 && System.nanoTime() - savedAt > saveEvery.toNanos()) {
        save();
        savedAt = System.nanoTime();
      }
    }
    if (!saved) save();
    return End.FINISHED;
  }

  public History history() { return history; }

  /// Loads the newest state; if there is none, saves the first, so that there is one to go back to.
  private void goOn() throws IOException {
    try (Scope scope = Scope.open()) {
      Optional<RunDirectory.State> newest = directory.newest(Device.best());
      directory.skipped().forEach(line -> observer.note("damaged state passed over: " + line));
      if (newest.isEmpty()) {
        save();
        return;
      }
      try (RunDirectory.State state = newest.get()) {
        restore(state);
      }
    }
  }

  private void restore(RunDirectory.State state) throws IOException {
    Fields facts = state.facts();
    Tensor values = state.tensors().get("history");
    if (values == null) throw facts.refuse("history", "the saved state has no history");
    history.restore(facts.strings("history"), values);
    step = state.step();
    badInARow = facts.integer("badInARow", 0, BAD_IN_A_ROW);
    rollBacks = facts.integer("rollBacks", 0, ROLL_BACKS);
    stage.restore(state.tensors(), facts.object("stage"));
    saved = true;
  }

  private void save() throws IOException {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(stage.tensors());
      tensors.put("history", history.tensor());
      Json[] names = history.names().stream().map(Json::of).toArray(Json[]::new);
      directory.save(step, tensors, Json.object().with("history", Json.array(names)).with("badInARow", badInARow).with(
          "rollBacks", rollBacks)
          .with("stage", stage.facts()));
    }
    saved = true;
    // before the report, which shows what was made of it
    observer.saved(step, history);
    directory.report(stage.name(), history, normal);
  }

  /// Problems are told when they begin, and again when they have lasted.
  private void tell(Metrics metrics) {
    for (String problem : metrics.problems()) {
      int colon = problem.indexOf(':');
      String kind = colon < 0 ? problem : problem.substring(0, colon);
      if (lasting.merge(kind, 1, Integer::sum) % TOLD_EVERY == 1)
        observer.note(String.format(Locale.ROOT, "%s: step %d: %s", stage
            .name(), step, problem));
    }
    lasting.keySet().removeIf(kind -> metrics.problems().stream().noneMatch(problem -> problem.startsWith(kind)));
  }

  /// A step that changed nothing: once is bad luck, several are a bad state.
  private void bad(Metrics metrics) throws IOException {
    badInARow++;
    observer.note(String.format(Locale.ROOT,
        "%s: step %d: loss %s, or its gradients: not finite or a spike; the step was left out", stage
            .name(), step,
        metrics.loss()));
    if (badInARow < BAD_IN_A_ROW && history.notFinite(WINDOW) < BAD_IN_WINDOW) return;
    if (rollBacks == ROLL_BACKS) {
      throw new DivergedException(String.format(Locale.ROOT,
          "%s: step %d: loss %s after going back %d times with smaller rates; needs another"
              + " rate, seed or clip", stage.name(), step, metrics.loss(), ROLL_BACKS));
    }
    long bad = step;
    int done = rollBacks + 1;
    goOn();
    // the state that was loaded knows only of the times before it was saved
    stage.slowDown(Math.pow(0.5, done - rollBacks));
    rollBacks = done;
    badInARow = 0;
    saved = false;
    observer.note(String.format(Locale.ROOT, "%s: went back from step %d to %d; the rate is halved again", stage.name(), bad,
        step));
  }
}
