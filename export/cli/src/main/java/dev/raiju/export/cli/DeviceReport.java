package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.verify.SmallClip;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.RandomDraw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a device is and how it did, as a page in Markdown: for machines whose owner is not who wrote the backend.
///
/// @param device that is looked at
/// @param files how each golden file did
/// @param checks how each operation did
/// @param clip a clip of the shipped model, where that is at hand
record DeviceReport(Device device, List<String> files, List<Check> checks, Optional<SmallClip> clip) {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

  /// One operation on small inputs, beside the reference.
  record Check(String name, boolean passed, String result) {}

  /// Runs every operation that the device has a kernel for, and the shipped model.
  static DeviceReport of(Device device, List<String> files) throws IOException {
    List<Check> checks = new ArrayList<>();
    for (DType type : TYPES) {
      for (OpSamples.Sample sample : OpSamples.in(type)) {
        if (isComparable(sample.op()) && device.backend().kernel(sample.op(), sample.in()).isPresent())
          checks.add(check(device, type, sample));
      }
    }
    Path model = Raiju.root().resolve(ClipMaker.SHIPPED);
    Optional<SmallClip> clip = Files.isDirectory(model)
        ? Optional.of(SmallClip.of(ModelFolder.open(model), device))
        : Optional
            .empty();
    return new DeviceReport(device, files, checks, clip);
  }

  /// Whether every operation agrees with the reference, and the clip with that of the CPU.
  boolean passed() {
    return checks.stream().allMatch(Check::passed) && clip.map(made -> made.difference().isRounding()).orElse(true);
  }

  /// How the operations and the clip did, in one line.
  String summary() {
    return checks.stream().filter(Check::passed).count() + " of " + checks.size() + " operations agree with the reference" + clip
        .map(made -> "; a clip beside that of the CPU: " + made.difference()).orElse("");
  }

  /// Random bits have no error, gradients need what forward saved, and a block's codes may fall either way.
  private static boolean isComparable(Op op) {
    boolean computes = op instanceof Primitive || op instanceof Fused;
    boolean gradient = op.name().contains("backward") || op.name().contains("gradient");
    return computes && !gradient && !(op instanceof RandomDraw) && !(op instanceof Quantize) && !(op instanceof Dequantize);
  }

  private static Check check(Device device, DType type, OpSamples.Sample sample) {
    String name = sample.op().name() + " " + type.label();
    try (Scope _ = Scope.open()) {
      List<Tensor> inputs = inputs(sample.in());
      Tensor given = first(sample.op(), inputs, device);
      Tensor wanted = first(sample.op(), inputs, Device.reference());
      double error = error(values(given), values(wanted));
      double limit = type == DType.F32 ? 1e-4 : type == DType.F16 ? 5e-3 : 4e-2;
      return new Check(name, error <= limit, String.format(Locale.ROOT, "error %.1e of %.0e", error, limit));
    } catch (RuntimeException e) {
      return new Check(name, false, String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName()));
    }
  }

  /// The same numbers every time: floats around 0, indices that are in every table, masks that hide something.
  private static List<Tensor> inputs(List<Spec> specs) {
    List<Tensor> inputs = new ArrayList<>();
    Rng rng = Rng.of(3);
    for (Spec spec : specs) {
      Tensor wide = rng.uniform(Device.reference(), spec.shape().sizes());
      boolean whole = spec.dtype().isInteger() || spec.dtype() == DType.BOOL;
      inputs.add((whole ? wide.mul(2) : wide.sub(0.5f)).to(spec.dtype()));
    }
    return inputs;
  }

  private static Tensor first(Op op, List<Tensor> inputs, Device device) {
    if (inputs.isEmpty()) return Trace.create(device, op);
    return Trace.apply(op, inputs.stream().map(input -> input.to(device)).toArray(Tensor[]::new));
  }

  private static float[] values(Tensor tensor) { return tensor.to(Device.reference()).to(DType.F32).toFloats(); }

  /// The largest difference, as a part of the largest value.
  private static double error(float[] given, float[] wanted) {
    double most = 1e-30;
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      // equal infinities differ by nothing
      if (Float.compare(given[i], wanted[i]) == 0) continue;
      most = Math.max(most, Math.abs(wanted[i]));
      double apart = Math.abs(given[i] - wanted[i]);
      difference = Double.isNaN(apart) ? Double.POSITIVE_INFINITY : Math.max(difference, apart);
    }
    return difference / most;
  }

  /// The page.
  ///
  /// @param goldens how the golden files did, in one line
  String text(String goldens) {
    List<String> lines = new ArrayList<>(List.of("# Device report: " + device, "", "| | |", "|---|---|", "| raiju | " + Raiju
        .version()
        + " |", "| java | " + System.getProperty("java.version") + ", " + System.getProperty("java.vendor") + " |", "| system | "
            + System
                .getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch") + " |",
        "| processor | " + Machine.processor() + " |", "| device | " + device.backend().describe() + " |", "",
        "## Golden files", "", "```"));
    lines.addAll(files);
    lines.addAll(List.of("```", "", goldens, "", "## Operations", "", "| operation | result |", "|---|---|"));
    for (Check check : checks)
      lines.add("| " + check.name() + " | " + (check.passed() ? "ok, " : "**FAILED**, ") + check.result() + " |");
    clip.ifPresent(made -> lines.addAll(List.of("", "## A clip of the shipped model", "", made.difference()
        + ", beside that of the CPU; "
        + String.format(Locale.ROOT, "%.1f s", made.seconds()) + (made.without().isEmpty()
            ? ""
            : ". Without a kernel here: " + String.join(", ", made.without())))));
    lines.addAll(List.of("", summary()));
    return String.join("\n", lines) + "\n";
  }
}
