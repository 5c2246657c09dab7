package dev.raiju.models.pipeline;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.backend.HostBuffer;
import java.util.EnumMap;
import java.util.Map;

/// The weights of a part of a model, as they are held. Products read them as they are stored, whatever the type: nothing else is
/// packed or widened for longer than a product takes.
///
/// @param types bytes by type
/// @param mapped bytes that lie in the files, which are mapped
/// @param copied bytes of the pool, for what is held in another type than it is stored in
public record Weights(Map<DType, Long> types, long mapped, long copied) {
  /// The weights of a module. What is a copy shows only on a device that plans, where nothing else lies in host memory.
  static Weights of(Module<?> module) {
    Map<DType, Long> types = new EnumMap<>(DType.class);
    long mapped = 0;
    long copied = 0;
    for (Tensor t : module.parameters().values()) {
      long bytes = t.spec().bytes();
      types.merge(t.dtype(), bytes, Long::sum);
      if (t.buffer() instanceof HostBuffer || t.buffer() instanceof BlockPlanes) mapped += bytes;
      else
        copied += BlockPool.footprint(bytes);
    }
    return new Weights(types, mapped, copied);
  }

  /// Mapped and copied together.
  public long bytes() { return mapped + copied; }
}
