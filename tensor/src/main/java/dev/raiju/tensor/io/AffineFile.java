package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.HostBackend;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A file whose quantised matrices are stored as MLX stores them, seen as one of block types: `x.weight` has the codes, in words of
/// 32 bits, `x.scales` and `x.biases` a number each for every group of neighbours; `value = scale · code + bias`.
///
/// On devices that compute in host memory such a matrix stays in the mapped file, in three pieces. The metadata `quantization` says
/// how many bits a code has and how many share a scale; where it is missing groups are of 64, MLX's own size, if that fits. What
/// does not fit together is seen as it is stored. <https://ml-explore.github.io/mlx>
public final class AffineFile implements TensorFile {
  static final String WEIGHT = ".weight";
  static final String SCALES = ".scales";
  static final String BIASES = ".biases";
  static final String QUANTIZATION = "quantization";

  private final TensorFile file;
  private final Map<String, Spec> specs;

  private AffineFile(TensorFile file, Map<String, Spec> specs) {
    this.file = file;
    this.specs = Collections.unmodifiableMap(specs);
  }

  /// The file seen like this, or the file itself if it has no such matrix. To close the one is to close the other.
  public static TensorFile of(TensorFile file) {
    Map<String, Spec> entries = file.entries();
    Map<String, Spec> joined = new LinkedHashMap<>();
    Optional<Fields> said = said(file);
    entries.forEach((name, spec) -> joined(name, spec, entries, said).ifPresent(whole -> joined.put(name, whole)));
    if (joined.isEmpty()) return file;
    Map<String, Spec> specs = new LinkedHashMap<>();
    entries.forEach((name, spec) -> {
      if (!isPart(name, joined)) specs.put(name, joined.getOrDefault(name, spec));
    });
    return new AffineFile(file, specs);
  }

  /// What the file says of bits and groups, where that can be read.
  private static Optional<Fields> said(TensorFile file) {
    String text = file.metadata().get(QUANTIZATION);
    if (text == null) return Optional.empty();
    try {
      return Optional.of(Fields.of(file.toString(), Json.parse(file.toString(), text)));
    } catch (ModelFormatException e) {
      // no more than a remark of the writer: the shapes decide
      return Optional.empty();
    }
  }

  private static boolean isPart(String name, Map<String, Spec> joined) {
    for (String end : new String[] {SCALES, BIASES}) {
      if (name.endsWith(end) && joined.containsKey(name.substring(0, name.length() - end.length()) + WEIGHT)) return true;
    }
    return false;
  }

  /// The kind of the matrix whose codes are called `name`, if they are such.
  private static Optional<Spec> joined(String name, Spec codes, Map<String, Spec> entries, Optional<Fields> said) {
    if (!name.endsWith(WEIGHT) || codes.dtype() != DType.U32 || codes.rank() == 0) return Optional.empty();
    // where there is nothing, a size may be any number
    if (codes.shape().elements() == 0) return Optional.empty();
    String base = name.substring(0, name.length() - WEIGHT.length());
    Spec scales = entries.get(base + SCALES);
    if (scales == null || !scales.equals(entries.get(base + BIASES)) || scales.rank() == 0) return Optional.empty();
    return Arrays.stream(DType.values()).filter(type -> fits(type, codes, scales) && agrees(type, said)).sorted(Comparator
        .comparingInt(type -> -type.unit())).findFirst().map(type -> new Spec(type, codes.shape().with(-1, scales.size(-1) * type
            .unit())));
  }

  private static boolean fits(DType type, Spec codes, Spec scales) {
    if (type.kind() != DType.Kind.BLOCK || type.scaleType() != scales.dtype()) return false;
    return codes.shape().with(-1, scales.size(-1)).equals(scales.shape()) && codes.size(-1) / (double) scales.size(-1) == type
        .unit() * type.codeBits() / 32.0;
  }

  private static boolean agrees(DType type, Optional<Fields> said) {
    try {
      return said.isEmpty() || said.get().integer("bits") == type.codeBits() && said.get().integer("group_size") == type.unit();
    } catch (ModelFormatException e) {
      return true;
    }
  }

  @Override
  public Map<String, Spec> entries() { return specs; }

  @Override
  public Map<String, String> metadata() { return file.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException {
    Spec spec = specs.get(name);
    return spec == null ? file.spec(name) : spec;
  }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    DType type = spec(name).dtype();
    if (type.kind() != DType.Kind.BLOCK) return file.tensor(name, device);
    String base = name.substring(0, name.length() - WEIGHT.length());
    Device host = device.backend() instanceof HostBackend ? device : Device.reference();
    try (Scope scope = Scope.open()) {
      BlockPlanes planes = BlockPlanes.of(type, file.tensor(name, host), file.tensor(base + SCALES, host), file.tensor(base
          + BIASES, host));
      return scope.keep(Tensor.over(planes, host).to(device));
    }
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}
