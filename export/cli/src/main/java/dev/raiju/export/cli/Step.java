package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ClipEstimate;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.pipeline.StepTiming;
import dev.raiju.models.pipeline.Weights;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// `raiju step`: one step of denoising, or some blocks of it, measured beside its estimate.
final class Step implements Command {
  private static final int MOST_BLOCKS = 1000;

  @Override
  public String name() { return "step"; }

  @Override
  public String arguments() { return "[MODEL] [OPTION …]"; }

  @Override
  public String summary() { return "measures one step of denoising, or some blocks of it, beside its estimate"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(ClipOptions.ALL.subList(0, 2));
    options.addAll(PrecisionOptions.ALL);
    options.addAll(List.of(
        Option.of("--blocks", "K", "runs so many blocks, which stand for all [all]"),
        Option.of("--out", "FILE", "the numbers as .json too"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]")));
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    ModelFolder model = ClipMaker.model(arguments.words().isEmpty()
        ? Optional.empty()
        : Optional.of(arguments.onlyPath("a model"))).with(PrecisionOptions.parse(arguments));
    Device device = Generate.device(arguments);
    boolean anyCount = model.recipe().sampler() != Recipe.Kind.FEW_STEP;
    Prompt prompt = ClipOptions.apply(Prompt.of("as long as the model reads").guidance(1), arguments, "step");
    Prompt whole = ClipMaker.complete(anyCount ? prompt.steps(1) : prompt, model.recipe());
    StageEstimate estimate = denoising(model, whole, device);
    long stepFlops = stepFlops(model, whole, device);
    StageUse use = new StageUse();
    try (Meter meter = Meter.on(console).noting(use); StepTiming.Bench bench = StepTiming.Bench.load(model, whole, device)) {
      console.note("raiju: transformer: " + bench.weights() + "; computes in " + model.precision().compute());
      int blocks = (int) arguments.whole("--blocks", 1, MOST_BLOCKS, bench.layers());
      meter.begin(Meter.name(Progress.Stage.DENOISE));
      StepTiming timing = bench.run(blocks, meter);
      meter.finish();
      Result result = new Result(whole, timing, use.rows().getLast(), stepFlops, estimate.pool(), bench.weights());
      result.lines().forEach(console::print);
      Optional<Path> out = arguments.path("--out");
      if (out.isPresent()) {
        Json.Obj json = result.write(model.precision().compute().label()).with("machine", Machine.of(device).write());
        Durable.system().write(out.get(), json.pretty());
      }
    }
    return 0;
  }

  /// What a step more takes: keys and values of the text are made before the first one.
  private static long stepFlops(ModelFolder model, Prompt prompt, Device device) throws IOException {
    Recipe own = model.recipe();
    // a model of few steps has no other number of them; what a step takes does not depend on the sampler
    Recipe any = new Recipe(Recipe.Kind.EULER, 1, own.shift(), 1, own.negative(), own.width(), own.height(), own.frames(), own
        .framesPerSecond());
    ModelFolder free = new ModelFolder(model.path(), any, model.parts(), model.adapters(), model.precision(), model
        .packsOnce());
    Prompt euler = prompt.sampler(Recipe.Kind.EULER);
    return denoising(free, euler.steps(2), device).flops() - denoising(free, euler.steps(1), device).flops();
  }

  private static StageEstimate denoising(ModelFolder model, Prompt prompt, Device device) throws IOException {
    return ClipEstimate.ofLongest(model, prompt, device).stages().stream().filter(stage -> stage
        .stage() == Progress.Stage.DENOISE)
        .findFirst().orElseThrow();
  }

  /// What was measured, and what was estimated for the whole step.
  private record Result(Prompt prompt, StepTiming timing, StageUse.Row use, long estimatedFlops, long estimatedPool,
      Weights weights) {
    private boolean isWhole() { return timing.blocks() == timing.layers(); }

    List<String> lines() {
      double rate = timing.flops() / use.cpuSeconds() / 1e9;
      List<String> lines = new ArrayList<>(Table.lines(List.of(List.of("", "seconds", "work"), List.of(
          "measured, " + (isWhole() ? "all" : timing.blocks() + " of " + timing.layers()) + " blocks", number(timing.seconds()),
          Units.flops(timing.flops())), List.of(isWhole() ? "one step" : "one step in proportion", number(timing.stepSeconds()),
              Units.flops(timing.stepFlops())), List.of("estimated", "", Units.flops(estimatedFlops)))));
      lines.add(number(use.cpuSeconds()) + " cpu seconds, " + number(rate) + " GFLOP per cpu second, load average " + number(
          StageUse.load()));
      lines.add("peak resident " + use.resident().map(r -> Units.bytes(r.peak()) + ", " + Units.bytes(r.mapped())
          + " of it mapped").orElse("unknown") + "; tensors at most " + Units.bytes(use.tensors()) + ", pool " + Units.bytes(use
              .pool()) + ", estimated " + Units.bytes(estimatedPool));
      return lines;
    }

    private static String number(double value) { return String.format(Locale.ROOT, "%.1f", value); }

    Json.Obj write(String compute) {
      Json.Obj json = Json.object().with("width", prompt.width().orElseThrow()).with("height", prompt.height().orElseThrow())
          .with(
              "frames", prompt.frames().orElseThrow()).with("weights", weights.toString()).with("compute", compute).with("blocks",
                  timing.blocks()).with("layers", timing.layers()).with("seconds", timing.seconds()).with("step_seconds", timing
                      .stepSeconds()).with("cpu_seconds", use.cpuSeconds()).with("flops", timing.flops()).with("step_flops",
                          timing
                              .stepFlops()).with("estimated_step_flops", estimatedFlops).with("pool_bytes", use.pool()).with(
                                  "peak_tensor_bytes", use.tensors()).with("estimated_pool_bytes", estimatedPool).with(
                                      "load_average",
                                      StageUse.load());
      return use.resident().isEmpty()
          ? json
          : json.with("peak_resident_bytes", use.resident().get().peak()).with("mapped_resident_bytes", use.resident().get()
              .mapped());
    }
  }
}
