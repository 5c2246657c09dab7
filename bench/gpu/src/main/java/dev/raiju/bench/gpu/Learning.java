package dev.raiju.bench.gpu;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import dev.raiju.training.recipe.ChainRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A small chain of training from nothing, whose losses must fall: an autoencoder, and a transformer on its latents by flow matching.
final class Learning {
  /// What is left of a loss after a stage, at most: half of the autoencoder's, and of a flow's the part that cannot be foreseen.
  private static final List<Stage> STAGES = List.of(new Stage("autoencoder", 0.5), new Stage("teacher", 0.9));
  // the steps at both ends whose mean counts
  private static final int ENDS = 10;

  private Learning() {}

  private record Stage(String name, double most) {}

  /// @param directory of the model and of states; a run that is there already goes on
  /// @param until in milliseconds since 1970; what is not done then is saved
  static Json.Obj run(Path chain, Path directory, Device device, long until) throws IOException {
    Json.Obj facts = Json.object();
    boolean learned = true;
    boolean stopped = false;
    for (Stage stage : STAGES) {
      Watch watch = new Watch();
      Trainer.End end = new ChainRun(chain, directory, directory.resolve("runs"), device, watch, () -> System
          .currentTimeMillis() > until).run(stage.name);
      Json.Obj line = watch.line().with("ended", end.name());
      facts = facts.with(stage.name, line);
      learned &= end == Trainer.End.FINISHED && watch.falls(stage.most);
      stopped = end != Trainer.End.FINISHED;
      if (stopped) break;
    }
    Json.Obj all = Part.outcome(learned ? "passed" : stopped ? Part.STOPPED : "failed");
    for (var fact : facts.members().entrySet()) all = all.with(fact.getKey(), fact.getValue());
    return all;
  }

  /// What a stage's losses did.
  private static final class Watch implements Trainer.Observer {
    private final long begun = System.nanoTime();
    private double[] losses = {};
    private long stepped;

    @Override
    public void stepped(long step, long steps, Metrics metrics, History history) {
      stepped++;
      losses = history.column("loss");
    }

    @Override
    public void note(String line) { System.err.println(line); }

    boolean falls(double most) { return losses.length >= 2 * ENDS && mean(losses.length - ENDS) <= most * mean(0); }

    private double mean(int from) {
      double sum = 0;
      int to = Math.min(losses.length, from + ENDS);
      for (int i = Math.max(0, from); i < to; i++) sum += losses[i];
      return sum / ENDS;
    }

    Json.Obj line() {
      Json.Obj line = Json.object().with("steps", losses.length).with("steps of this call", stepped).with("seconds", (System
          .nanoTime() - begun) / 1_000_000 / 1e3);
      if (losses.length < 2 * ENDS) return line;
      double first = mean(0);
      double last = mean(losses.length - ENDS);
      return Double.isFinite(first + last) ? line.with("first loss", first).with("last loss", last) : line;
    }
  }
}
