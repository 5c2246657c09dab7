package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The tensors of another file in another type, each converted when it is asked for.
///
/// Numbers with a fraction are converted, whatever type they are stored in; whole numbers and truth values stay. To a packed type
/// only matrices whose rows divide into its blocks are packed; the others stay as well.
public final class ConvertedFile implements TensorFile {
  private final TensorFile source;
  private final Map<String, Spec> specs = new LinkedHashMap<>();

  private ConvertedFile(TensorFile source, DType type) {
    this.source = source;
    source.entries().forEach((name, spec) -> specs.put(name, isConverted(spec, type) ? spec.with(type) : spec));
  }

  /// @param source stays with the caller, and open
  /// @param type a float type, q8_0 or q4_0
  /// @throws IllegalArgumentException if it is another one
  public static ConvertedFile of(TensorFile source, DType type) {
    if (!type.isFloat() && type != DType.Q8_0 && type != DType.Q4_0) {
      throw new IllegalArgumentException("convert: " + type + ": needs a float type, q8_0 or q4_0");
    }
    return new ConvertedFile(source, type);
  }

  private static boolean isConverted(Spec spec, DType type) {
    DType from = spec.dtype();
    boolean fractions = from.isFloat() || from.isBlock() || from == DType.F8_E4M3 || from == DType.F8_E5M2;
    return fractions && from != type && (!type.isPacked() || spec.rank() > 1 && spec.size(-1) % type.unit() == 0);
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
      Tensor stored = source.unpacked(name, device);
      if (type.isPacked()) return Packed.pack(plain(stored, DType.F32), type).to(device).alias();
      return plain(stored, type).alias();
    }
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
