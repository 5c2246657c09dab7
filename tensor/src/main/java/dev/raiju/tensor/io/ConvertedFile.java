package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Quantize;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/// The tensors of another file in another type, each converted when it is asked for.
///
/// Numbers with a fraction are converted, whatever type they are stored in; whole numbers and truth values stay. To a packed type
/// only matrices whose rows divide into its blocks are packed; the others stay as well. So does, for a block type, what is not
/// called `….weight` or is so small that it would save nothing.
public final class ConvertedFile implements TensorFile {
  private final TensorFile source;
  private final Map<String, Spec> specs = new LinkedHashMap<>();

  // the tables of positions that text encoders have are smaller
  private static final long LEAST_QUANTISED = 4096;

  private ConvertedFile(TensorFile source, UnaryOperator<DType> types) {
    this.source = source;
    source.entries().forEach((name, spec) -> {
      DType type = types.apply(spec.dtype());
      specs.put(name, isConverted(name, spec, type) ? spec.with(type) : spec);
    });
  }

  /// @param source stays with the caller, and open
  /// @param type a float type, a block type, q8_0 or q4_0
  /// @throws IllegalArgumentException if it is another one
  public static ConvertedFile of(TensorFile source, DType type) {
    if (!type.isFloat() && type.kind() != DType.Kind.BLOCK && type != DType.Q8_0 && type != DType.Q4_0) {
      throw new IllegalArgumentException("convert: " + type + ": needs a float type, a block type, q8_0 or q4_0");
    }
    return new ConvertedFile(source, _ -> type);
  }

  /// To codes of 4 or 8 bits in groups of 64 as MLX does by default: with scales of the type of the weights, bf16 where that is not
  /// f32, f16 or bf16.
  public static ConvertedFile affine(TensorFile source, int bits) {
    return new ConvertedFile(source, from -> DType.parse("q" + bits + "_g64" + switch (from) {
      case F32 -> "";
      case F16 -> "_f16";
      default -> "_bf16";
    }));
  }

  private static boolean isConverted(String name, Spec spec, DType type) {
    DType from = spec.dtype();
    boolean fractions = from.isFloat() || from.isBlock() || from == DType.F8_E4M3 || from == DType.F8_E5M2;
    if (!fractions || from == type) return false;
    boolean divides = spec.rank() > 1 && spec.size(-1) % type.unit() == 0;
    return switch (type.kind()) {
      case BLOCK -> divides && spec.rank() == 2 && name.endsWith(AffineFile.WEIGHT) && spec.shape().elements() >= LEAST_QUANTISED;
      case PACKED -> divides;
      default -> true;
    };
  }

  @Override
  public Map<String, Spec> entries() { return Collections.unmodifiableMap(specs); }

  @Override
  public Map<String, String> metadata() { return source.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return specs.getOrDefault(name, source.spec(name)); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    DType type = spec(name).dtype();
    if (source.spec(name).dtype() == type) return source.tensor(name, device);
    try (Scope scope = Scope.open()) {
      Tensor stored = source.tensor(name, device);
      if (stored.dtype().isPacked()) Packed.requireFinite(source.toString(), name, source.tensor(name, Device.reference()));
      return scope.keep(converted(stored, type, device));
    }
  }

  private static Tensor converted(Tensor stored, DType type, Device device) {
    if (type.isPacked()) return Packed.pack(plain(stored, DType.F32), type).to(device);
    if (!type.isBlock()) return plain(stored, type);
    Tensor wide = stored.dtype().isBlock() ? plain(stored, DType.F32) : stored;
    return Trace.silently(() -> Quantize.quantize(wide, type));
  }

  private static Tensor plain(Tensor stored, DType type) {
    return Trace.silently(() -> stored.dtype().isBlock() ? Dequantize.dequantize(stored, type) : stored.to(type));
  }

  /// The source stays open.
  @Override
  public void close() {}

  @Override
  public String toString() { return source.toString(); }
}
