package dev.raiju.models.verify;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.io.TensorFormat;
import dev.raiju.tensor.op.Dequantize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// Weights in every format, compared with the same weights in a plain safetensors file beside them.
///
/// For a file or folder `x` that is `x_expected.safetensors`, else `x.safetensors`, else `weights.safetensors`. Values of the
/// types of the reference must be the same bytes, other plain types the same values, packed types within 1e-6. A file called
/// `hostile…` passes by being refused for what it asks for, one called `legacy…` by being refused as what it is.
final class FormatChecks {
  private static final String SAFETENSORS = ".safetensors";
  private static final double PACKED = 1e-6;

  private FormatChecks() {}

  /// Whether a path is a file of PyTorch or GGUF, or a folder of shards.
  static boolean isFormat(Path path) throws IOException {
    if (Files.isDirectory(path))
      return listed(path).stream().anyMatch(file -> file.toString().endsWith(".safetensors.index.json"));
    if (!Files.isRegularFile(path) || path.toString().endsWith(SAFETENSORS)) return false;
    Optional<TensorFormat> format = TensorFormat.of(path);
    return format.isPresent() && (format.get() == TensorFormat.TORCH || format.get() == TensorFormat.GGUF);
  }

  /// Whether a path is one whose contents another file beside it tells.
  static boolean hasReference(Path path) {
    try {
      return isFormat(path) || path.toString().endsWith(SAFETENSORS) && reference(path).isPresent();
    } catch (IOException e) {
      // told when it is opened
      return false;
    }
  }

  /// Whether other files are compared with this one.
  static boolean isReference(Path file) {
    try {
      return companion(file).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /// For a file with which others are compared: which.
  static Optional<String> companion(Path file) throws IOException {
    if (!file.toString().endsWith(SAFETENSORS) || !Files.isRegularFile(file)) return Optional.empty();
    List<String> others = new ArrayList<>();
    for (Path other : listed(Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file lies in a folder"))) {
      if (hasReference(other) && reference(other).filter(file.toAbsolutePath()::equals).isPresent()) {
        others.add(other.getFileName().toString());
      }
    }
    return others.isEmpty() ? Optional.empty() : Optional.of("what " + String.join(", ", others) + " must hold");
  }

  private static List<Path> listed(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  private static Optional<Path> reference(Path path) {
    Path place = path.toAbsolutePath();
    String name = place.getFileName().toString();
    boolean plain = name.endsWith(SAFETENSORS);
    String stem = Files.isDirectory(path) || name.lastIndexOf('.') < 0 ? name : name.substring(0, name.lastIndexOf('.'));
    List<String> candidates = plain ? List.of(stem + "_expected") : List.of(stem + "_expected", stem, "weights");
    return candidates.stream().map(candidate -> place.resolveSibling(candidate + SAFETENSORS)).filter(Files::isRegularFile)
        .findFirst();
  }

  static VerifyResult verify(Path path, Device device) {
    List<Comparison.Entry> entries = new ArrayList<>();
    Optional<String> problem = Optional.empty();
    try {
      compare(path, device, entries);
    } catch (IOException | RuntimeException e) {
      problem = Optional.of(String.valueOf(e.getMessage()));
    }
    return new VerifyResult(path, entries, problem, 0, true);
  }

  private static void compare(Path path, Device device, List<Comparison.Entry> entries) throws IOException {
    String name = path.getFileName().toString();
    Optional<Reason> refusal = name.startsWith("hostile")
        ? Optional.of(Reason.PICKLE_GLOBAL)
        : name.startsWith("legacy") ? Optional.of(Reason.TORCH_LEGACY) : Optional.empty();
    try (TensorFile found = TensorFile.open(path)) {
      if (name.startsWith("hostile")) throw problem(Reason.FIELD_RANGE, path, "was not refused");
      Path reference = reference(path).orElseThrow(() -> problem(Reason.TENSOR_MISSING, path,
          "nothing to compare with; needs the same weights as .safetensors beside it"));
      try (TensorFile expected = TensorFile.open(reference)) {
        compare(found, expected, device, entries);
      }
    } catch (ModelFormatException e) {
      if (refusal.isEmpty() || refusal.get() != e.reason() || !entries.isEmpty()) throw e;
      entries.add(new Comparison.Entry("refused, as it must be", 0, Comparison.EXACT));
    }
  }

  private static ModelFormatException problem(Reason reason, Path path, String text) {
    return new ModelFormatException(reason, path, text);
  }

  private static void compare(TensorFile found, TensorFile expected, Device device, List<Comparison.Entry> entries)
      throws IOException {
    for (String name : expected.entries().keySet()) {
      try (Scope scope = Scope.open()) {
        Spec spec = found.spec(name);
        Tensor want = expected.tensor(name, device);
        if (!spec.shape().equals(want.shape())) {
          throw new ModelFormatException(Reason.TENSOR_SHAPE, found.toString(), name + ": shape " + spec.shape() + "; the "
              + "reference has " + want.shape());
        }
        entries.add(new Comparison.Entry(name, error(found.tensor(name, device), want), spec.dtype().isPacked()
            ? PACKED
            : Comparison.EXACT));
      }
    }
    for (String name : found.entries().keySet()) {
      // throws, with the name that may have been meant
      expected.spec(name);
    }
  }

  private static double error(Tensor found, Tensor expected) {
    if (found.spec().equals(expected.spec())) {
      return Arrays.equals(found.toBytes(), expected.toBytes()) ? 0 : Double.POSITIVE_INFINITY;
    }
    Tensor plain = found.dtype().isBlock() ? Dequantize.dequantize(found, DType.F32) : found.to(expected.dtype());
    return Comparison.error(plain.toDoubles(), expected.toDoubles());
  }
}
