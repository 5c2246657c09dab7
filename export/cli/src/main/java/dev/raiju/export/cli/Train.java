package dev.raiju.export.cli;

import dev.raiju.tensor.Device;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import dev.raiju.training.recipe.ChainRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/// Runs one stage of a chain of training. Stopped with Ctrl-C it saves its state, and goes on from there when run again.
final class Train implements Command {
  /// Of the shipped model, from the root of the project.
  static final String CONFIG = "training/recipes/shapes.json";

  private static final int LINE_EVERY = 50;

  @Override
  public String name() { return "train"; }

  @Override
  public String arguments() { return "STAGE"; }

  @Override
  public String summary() { return "trains a stage of a model: " + String.join(", ", ChainRun.STAGES); }

  @Override
  public List<Option> options() {
    return List.of(Option.of("--config", "FILE", "the chain's configuration (default: " + CONFIG + ")"),
        Option.of("--runs", "DIR", "where states are kept (default: runs)"),
        Option.of("--steps", "N", "stop after N steps of this call, with the state saved"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    String stage = arguments.word("a stage: " + String.join(", ", ChainRun.STAGES));
    Path config = arguments.path("--config").orElse(Raiju.root().resolve(CONFIG));
    Path runs = arguments.path("--runs").orElse(Raiju.root().resolve("runs"));
    long most = arguments.whole("--steps", 1, Long.MAX_VALUE, Long.MAX_VALUE);
    Watch watch = new Watch(console);
    AtomicBoolean interrupted = new AtomicBoolean();
    Device device = Generate.device(arguments);
    ChainRun chain = new ChainRun(config, Raiju.root(), runs, device, watch, () -> watch.steps >= most || interrupted
        .get());
    Trainer.End end = Interruption.withstand(() -> chain.run(stage), () -> interrupted.set(true));
    console.note(stage + ": " + (end == Trainer.End.FINISHED
        ? "finished"
        : "stopped; the state is saved in " + chain.directory(
            stage)));
    return interrupted.get() ? Raiju.INTERRUPTED : 0;
  }

  /// Shows a meter on a terminal, and a line now and then elsewhere.
  private static final class Watch implements Trainer.Observer {
    private final Console console;
    private long begun = System.nanoTime();
    private volatile long steps;

    Watch(Console console) { this.console = console; }

    @Override
    public void stepped(long step, long all, Metrics metrics, History history) {
      steps = steps + 1;
      Duration each = Duration.ofNanos((System.nanoTime() - begun) / steps);
      Duration left = each.multipliedBy(all - step);
      String values = metrics.values().entrySet().stream().map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e
          .getValue())).collect(Collectors.joining(", "));
      String line = String.format(Locale.ROOT, "step %d of %d: %s; %.2f s a step, %d:%02d:%02d left", step, all, values, each
          .toNanos() / 1e9, left.toHours(), left.toMinutesPart(), left.toSecondsPart());
      console.meter(line);
      if (!console.isTerminal() && (step % LINE_EVERY == 0 || step == all)) console.note(line);
    }

    @Override
    public void note(String line) {
      console.note(line);
      // whatever came before the first step is no part of its time
      if (steps == 0) begun = System.nanoTime();
    }
  }
}
