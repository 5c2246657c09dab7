package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Budget;
import dev.raiju.models.pipeline.ClipEstimate;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Weights;
import dev.raiju.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// `raiju estimate`: the memory and the work that a clip takes, before it is made.
final class Estimate implements Command {
  private static final double FASTEST = 1e9;

  @Override
  public String name() { return "estimate"; }

  @Override
  public String arguments() { return "[MODEL] [OPTION …]"; }

  @Override
  public String summary() { return "tells the memory and the work that a clip takes, stage by stage, before it is made"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(ClipOptions.ALL);
    options.addAll(PrecisionOptions.ALL);
    options.addAll(List.of(
        Option.of("--prompt", "TEXT", "what the clip shows [as long a text as the model reads]"),
        Memory.OPTION,
        Option.of("--rate", "R", "measured GFLOP a second, to tell seconds too"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]")));
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    ModelFolder model = ClipMaker.model(arguments.words().isEmpty()
        ? Optional.empty()
        : Optional.of(arguments.onlyPath("a model"))).with(PrecisionOptions.parse(arguments));
    Device device = Generate.device(arguments);
    boolean longest = !arguments.has("--prompt");
    Prompt prompt = ClipMaker.complete(ClipOptions.apply(Prompt.of(arguments.text("--prompt").orElse(
        "as long as the model reads")), arguments, "estimate"), model.recipe());
    Optional<Budget> memory = Memory.given(arguments, name());
    ClipEstimate estimate = memory.isPresent()
        ? memory.get().fit(PrecisionOptions.ways(model), prompt, longest, device).estimate()
        : longest ? ClipEstimate.ofLongest(model, prompt, device) : ClipEstimate.of(model, prompt, device);
    double rate = arguments.number("--rate", 0, FASTEST, 0) * 1e9;
    console.print(model.path() + ": " + Units.plural(prompt.frames().orElseThrow(), "frame") + " of " + prompt.width()
        .orElseThrow()
        + " x " + prompt.height().orElseThrow() + ", " + Units.plural(prompt.steps().orElseThrow(), "step") + ", guidance "
        + prompt
            .guidance().orElseThrow());
    Table.lines(rows(estimate, rate)).forEach(console::print);
    console.print(summary(estimate, memory, rate));
    return 0;
  }

  private static List<List<String>> rows(ClipEstimate estimate, double rate) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("stage", "weights", "mapped", "copied", "packed", "activations", "tensor pool",
        "work"));
    if (rate > 0) head.add("time");
    rows.add(head);
    for (StageEstimate stage : estimate.stages()) {
      Weights weights = stage.weights();
      List<String> row = new ArrayList<>(List.of(Meter.name(stage.stage()), types(weights), Units.bytes(weights.mapped()), Units
          .bytes(weights.copied()), Units.bytes(stage.packed()), Units.bytes(stage.activations()), Units.bytes(stage.pool()),
          Units.flops(stage.flops())));
      if (rate > 0) row.add(Units.seconds(stage.flops() / rate));
      rows.add(row);
    }
    return rows;
  }

  private static String types(Weights weights) {
    return weights.types().entrySet().stream().map(type -> type.getKey().label() + " " + Units.bytes(type.getValue())).collect(
        Collectors.joining(", "));
  }

  private static String summary(ClipEstimate estimate, Optional<Budget> memory, double rate) {
    StageEstimate largest = estimate.largest();
    String fits = memory.map(budget -> " of the " + Units.bytes(budget.bytes()) + " given").orElse("");
    String time = rate > 0 ? ", " + Units.seconds(estimate.flops() / rate) : "";
    return "needs " + Units.bytes(largest.bytes()) + fits + ", most in " + Meter.name(largest.stage()) + "; " + Units.flops(
        estimate
            .flops()) + " in all" + time;
  }
}
