package dev.raiju.export.cli;

import dev.raiju.export.apple.ApplePackage;
import dev.raiju.export.apple.ApplePackage.Platform;
import dev.raiju.export.compiler.Export;
import dev.raiju.export.compiler.Roofline;
import dev.raiju.export.compiler.ShapesOnly;
import dev.raiju.export.compiler.WeightGroup;
import dev.raiju.export.compiler.WeightTypes;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.graph.MemoryPlan;
import dev.raiju.tensor.op.Cost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// `raiju export`: a model as a bundle of plans and weights, or as a package for apps around one.
final class ExportModel implements Command {
  private static final String BUNDLE = "bundle";
  private static final String SHAPE = "0.9b";
  private static final Map<String, WeightTypes> TYPES = new LinkedHashMap<>();
  private static final Map<String, Platform> PACKAGES = new LinkedHashMap<>();

  static {
    PACKAGES.put("ios", Platform.IOS);
    PACKAGES.put("macos", Platform.MACOS);
    TYPES.put("f16", WeightTypes.F16);
    TYPES.put("int8", WeightTypes.INT8);
    TYPES.put("int4", WeightTypes.INT4);
  }

  @Override
  public String name() { return "export"; }

  @Override
  public String arguments() { return "[MODEL] [OPTION …]"; }

  @Override
  public String summary() { return "writes a model as plans of one clip size and weights to map, to run without its code"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(List.of(
        Option.of("--out", "DIR", "a new folder for the bundle"),
        Option.of("--target", "NAME", "what it is for: bundle, or a Swift package for ios or macos [bundle]"),
        Option.of("--dtype", "TYPE", "of the matrices in the transformer's blocks: f16, int8, int4 [f16]"),
        Option.of("--golden", "PROMPT", "for a package: of what a clip is made here, to compare with there"),
        Option.flag("--plan-only", "plans and tells sizes and memory; writes nothing"),
        Option.of("--shape", "NAME", "with --plan-only, in place of a model: 0.9b, the pruned one with UMT5-XXL")));
    options.addAll(ClipOptions.ALL);
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    boolean planOnly = arguments.has("--plan-only");
    String target = arguments.text("--target").orElse(BUNDLE);
    Optional<Platform> platform = Optional.ofNullable(PACKAGES.get(target));
    if (platform.isEmpty() && !target.equals(BUNDLE))
      throw UserError.usage("export: --target: got " + target + "; needs " + BUNDLE + ", " + String.join(", ", PACKAGES
          .keySet()));
    Optional<Path> out = arguments.path("--out");
    if (out.isEmpty() == !planOnly) throw UserError.usage("export: needs one of --out DIR and --plan-only");
    WeightTypes types = types(arguments.text("--dtype").orElse("f16"));
    Prompt prompt = ClipOptions.apply(Prompt.of("any"), arguments, name());
    ModelParts parts = parts(arguments, planOnly);
    if (platform.isPresent()) {
      ApplePackage made = ApplePackage.of(parts, types, prompt, Device.best());
      return writePackage(made, platform.get(), out, arguments, console);
    }
    Export export = Export.of(parts, types, prompt, Device.best());
    tell(export, console);
    if (out.isEmpty()) return 0;
    export.write(out.get(), new LinkedHashMap<>());
    console.print(out.get() + ": a bundle of " + Units.bytes(export.weightBytes()) + " of weights");
    return 0;
  }

  private int writePackage(ApplePackage made, Platform platform, Optional<Path> out, Arguments arguments, Console console)
      throws Exception {
    tell(made.export(), console);
    if (out.isEmpty()) return 0;
    Optional<String> golden = arguments.text("--golden");
    made.write(out.get(), platform, golden.isEmpty()
        ? Optional.empty()
        : Optional.of(made.golden(ClipOptions.apply(Prompt.of(golden.get()), arguments, name()))));
    console.print(out.get() + ": a Swift package of " + Units.bytes(made.export().weightBytes()) + " of weights, with at most "
        + Units
            .bytes(made.memoryBytes()) + " beside them; its README.md says how to use it");
    return 0;
  }

  private static WeightTypes types(String label) {
    WeightTypes type = TYPES.get(label);
    if (type != null) return type;
    throw UserError.usage("export: --dtype: got " + label + "; needs one of " + String.join(", ", TYPES.keySet()));
  }

  private static ModelParts parts(Arguments arguments, boolean planOnly) throws Exception {
    Optional<String> shape = arguments.text("--shape");
    if (shape.isEmpty()) {
      return ClipMaker.model(arguments.words().isEmpty() ? Optional.empty() : Optional.of(arguments.onlyPath("a model")));
    }
    if (!planOnly || !shape.get().equals(SHAPE) || !arguments.words().isEmpty())
      throw UserError.usage("export: --shape: got " + shape.get() + "; needs " + SHAPE + ", --plan-only and no model");
    return ShapesOnly.lightning(DType.Q4_G64_F16);
  }

  /// What the plans take, and how fast they could be at best.
  private static void tell(Export export, Console console) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("plan", "operations", "weights", "peak memory", "at least", "without sharing",
        "work"));
    for (Roofline device : Roofline.PUBLIC) head.add(device.device() + ", estimate");
    rows.add(head);
    export.plans().forEach((name, plan) -> {
      MemoryPlan memory = plan.placed().memory();
      Cost cost = Roofline.cost(plan.placed());
      List<String> row = new ArrayList<>(List.of(name, Integer.toString(plan.placed().graph().nodes().size()), Units.bytes(plan
          .weightBytes()), Units.bytes(memory.bytes()), Units.bytes(memory.leastBytes()), Units.bytes(memory.sumBytes()), Units
              .flops(cost.flops())));
      for (Roofline device : Roofline.PUBLIC) row.add(String.format(Locale.ROOT, "%.3g s", device.seconds(plan.placed())));
      rows.add(row);
    });
    Table.lines(rows).forEach(console::print);
    Table.lines(groups(export)).forEach(console::print);
    long peak = export.plans().values().stream().mapToLong(plan -> plan.placed().memory().bytes()).max().orElse(0);
    console.print(export.run().frames() + " frames of " + export.run().width() + " x " + export.run().height() + ", " + Units
        .plural(export.run().steps().size(), "step") + ": weights of " + Units.bytes(export.weightBytes())
        + ", mapped, and at most "
        + Units.bytes(peak) + " beside them, one plan at a time; estimates are rooflines from public figures, not measured");
  }

  /// What the transformer is stored in.
  private static List<List<String>> groups(Export export) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("weights of a step", "type", "tensors", "bytes", "relative error"));
    for (WeightGroup group : export.weightGroups()) {
      rows.add(List.of(group.use().label(), group.dtype().label(), Integer.toString(group.tensors()), Units.bytes(group.bytes()),
          group.error().isPresent() ? String.format(Locale.ROOT, "%.1e", group.error().getAsDouble()) : "no values here"));
    }
    return rows;
  }
}
