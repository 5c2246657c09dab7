package dev.raiju.kernels.metal;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import java.lang.foreign.MemorySegment;

/// What holds for every GPU that the kernels are written for, whether they are launched or only written down.
interface AppleGpu extends Gpu {
  // enough for the largest GPUs of Apple, and no burden on small ones
  long BUSY_BLOCKS = 1024;
  // what the arguments of `write_bytes` carry
  int CARRIED_BYTES = 4000;

  @Override
  default long busyBlocks() { return BUSY_BLOCKS; }

  @Override
  default boolean hasMatrixUnits() { return true; }

  @Override
  default boolean hasNarrowGradients() { return false; }

  // a copy of the weights would take as much memory as they were packed to spare
  @Override
  default boolean unpacksInProducts() { return true; }

  /// The largest unit in which a range can be moved.
  private static int unit(long bits) { return (int) Math.min(Long.BYTES, Long.lowestOneBit(bits)); }

  @Override
  default void copy(long target, long source, long bytes) {
    if (bytes == 0) return;
    int unit = unit(target | source | bytes);
    long count = bytes / unit;
    launch("moves", "copy", count, new Arguments().whole(count).whole(source).whole(target).numbers(unit, 1).axes(count).axes(1)
        .axes(
            1));
  }

  @Override
  default void clear(long target, long bytes) {
    if (bytes == 0) return;
    int unit = unit(target | bytes);
    launch("moves", "fill", bytes / unit, new Arguments().whole(bytes / unit).whole(target).whole(0).whole(unit));
  }

  /// Writes up to [#CARRIED_BYTES] that the launch itself brings.
  default void carry(long target, MemorySegment source) {
    long bytes = source.byteSize();
    launch("moves", "write_bytes", bytes, new Arguments().whole(bytes).whole(target).bytes(source, CARRIED_BYTES));
  }
}
