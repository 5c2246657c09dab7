package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A file in which weights have a scale beside them, as ComfyUI stores 8-bit floats: `….weight` times `….scale_weight`. What stands
/// for a weight here is the product, in bf16; a matrix can also stay in the file, by [#inPlace]. The scales of activations are not
/// needed, since these stay as they are.
record ScaledFloats(TensorFile file, Map<String, String> scales) implements TensorFile {
  private static final String WEIGHT = ".weight";
  private static final String SCALE = ".scale_weight";
  private static final String INPUT = ".scale_input";
  /// Says that a file is of this kind, and nothing else.
  private static final String MARK = "scaled_fp8";

  /// The file seen so, if it has scales, or the file itself.
  static TensorFile over(TensorFile file) {
    Map<String, String> scales = new LinkedHashMap<>();
    for (String name : file.entries().keySet()) {
      String weight = name.endsWith(SCALE) ? layer(name, SCALE) + WEIGHT : "";
      if (file.entries().containsKey(weight)) scales.put(weight, name);
    }
    return scales.isEmpty() ? file : new ScaledFloats(file, scales);
  }

  private static String layer(String name, String ending) { return name.substring(0, name.length() - ending.length()); }

  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> entries = new LinkedHashMap<>(file.entries());
    entries.keySet().removeAll(scales.values());
    entries.keySet().removeIf(name -> name.equals(MARK) || name.endsWith("." + MARK) || name.endsWith(INPUT) && scales
        .containsKey(
            layer(name, INPUT) + WEIGHT));
    entries.replaceAll((name, spec) -> scales.containsKey(name) ? spec.with(DType.BF16) : spec);
    return Collections.unmodifiableMap(entries);
  }

  @Override
  public Map<String, String> metadata() { return file.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException {
    Spec stored = file.spec(name);
    return scales.containsKey(name) ? stored.with(DType.BF16) : stored;
  }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    String scale = scales.get(name);
    if (scale == null) return file.tensor(name, device);
    double factor = factor(scale);
    try (Scope scope = Scope.open()) {
      Tensor stored = file.tensor(name, device);
      return scope.keep(Trace.silently(() -> stored.to(DType.F32).mul(factor).to(DType.BF16)));
    }
  }

  /// A matrix of 8-bit floats that stays in the file, whose scale is applied while it is read: nothing if it is none, or its rows
  /// do not divide into blocks.
  static Optional<Tensor> inPlace(TensorFile file, String name, Device device) throws ModelFormatException {
    ScaledFloats scaled = file instanceof ScaledFloats found ? found : new ScaledFloats(file, Map.of());
    Spec stored = scaled.file.spec(name);
    boolean eights = stored.dtype() == DType.F8_E4M3 || stored.dtype() == DType.F8_E5M2;
    if (!eights || stored.rank() != 2 || stored.size(1) % DType.F8_E4M3_G32.unit() != 0) return Optional.empty();
    String scale = scaled.scales.get(name);
    float factor = scale == null ? 1 : (float) scaled.factor(scale);
    Device host = device.backend() instanceof HostBackend ? device : Device.reference();
    try (Scope scope = Scope.open()) {
      Tensor one = Tensor.of(Spec.of(DType.F32), MemorySegment.ofArray(new float[] {factor}), host);
      BlockPlanes planes = BlockPlanes.ofFloats(scaled.file.tensor(name, host), one);
      return Optional.of(scope.keep(Tensor.over(planes, host).to(device)));
    }
  }

  private double factor(String name) throws ModelFormatException {
    try (Scope scope = Scope.open()) {
      Tensor scale = file.tensor(name, Device.reference());
      if (!scale.dtype().isFloat() || scale.shape().elements() != 1) {
        throw new ModelFormatException(Reason.TENSOR_SHAPE, toString(), name + ": " + scale.spec() + "; needs one float");
      }
      double factor = scale.to(DType.F32).toFloats()[0];
      if (Double.isFinite(factor)) return factor;
      throw new ModelFormatException(Reason.BLOCK_SCALE, toString(), name + ": is " + factor + "; needs a finite number");
    }
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}
