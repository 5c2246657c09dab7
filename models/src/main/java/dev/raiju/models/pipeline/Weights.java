package dev.raiju.models.pipeline;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBuffer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The weights of a part of a model, as they are held. Products read them as they are stored, whatever the type: nothing is packed
/// or widened for longer than a product takes, unless the model is one that [ModelFolder#packsOnce].
///
/// @param types bytes by type
/// @param inFiles those of them that lie in the files, which are mapped, by type
/// @param copied bytes of the pool, for what is held in another type than it is stored in
public record Weights(Map<DType, Long> types, Map<DType, Long> inFiles, long copied) {
  /// The weights of a module, on any device.
  static Weights of(Module<?> module) {
    Map<DType, Long> types = new EnumMap<>(DType.class);
    Map<DType, Long> inFiles = new EnumMap<>(DType.class);
    long copied = 0;
    for (Tensor t : module.parameters().values()) {
      long bytes = t.buffer() instanceof BlockPlanes planes ? planes.bytes() : t.spec().bytes();
      types.merge(t.dtype(), bytes, Long::sum);
      if (isMapped(t.buffer())) inFiles.merge(t.dtype(), bytes, Long::sum);
      else
        copied += BlockPool.footprint(bytes);
    }
    return new Weights(types, inFiles, copied);
  }

  /// Bytes that lie in the files.
  public long mapped() { return inFiles.values().stream().mapToLong(Long::longValue).sum(); }

  /// Mapped and copied together.
  public long bytes() { return mapped() + copied; }

  private static boolean isMapped(Buffer buffer) {
    return buffer instanceof HostBuffer host ? host.segment().isMapped() : buffer instanceof BlockPlanes;
  }

  /// Bytes by type, such as `q4_k 3.2 GB (mapped), f32 1.2 MB`.
  @Override
  public String toString() {
    return types.entrySet().stream().sorted(Map.Entry.<DType, Long>comparingByValue().reversed()).map(type -> type.getKey() + " "
        + amount(type.getValue()) + where(type.getKey())).collect(Collectors.joining(", "));
  }

  private String where(DType type) {
    long inFile = inFiles.getOrDefault(type, 0L);
    if (inFile == 0) return "";
    return inFile == types.getOrDefault(type, 0L) ? " (mapped)" : " (" + amount(inFile) + " of it mapped)";
  }

  private static String amount(long bytes) {
    return bytes < 100_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : bytes < 100_000_000
            ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
            : String.format(Locale.ROOT, "%.2f GB", bytes
                / 1e9);
  }
}
