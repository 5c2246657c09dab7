package dev.raiju.tensor.backend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The pool that host tensors live in. Blocks are 64-byte aligned and kept for the next use: the first touch of fresh memory
/// costs more than most kernels. Contents are whatever the last owner left. Safe for use by several threads.
public final class HostMemory {
  /// All memory as one segment, so that kernels see a single kind of segment and no bounds. Whoever computes an address from a
  /// checked layout may read there; nobody else.
  public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /// Every block begins at a multiple of this, a cache line.
  public static final int ALIGNMENT = BlockPool.ALIGNMENT;

  private static final boolean POISON = DebugModes.enabled("poison");
  private static final BlockPool<MemorySegment> POOL = new BlockPool<>(new NativeMemory());

  private HostMemory() {}

  /// A buffer of at least `bytes` bytes (at least one cache line), owned by the caller.
  ///
  /// @throws InsufficientMemoryException if the system gives no more
  public static HostBuffer allocate(long bytes) {
    BlockPool.Block<MemorySegment> block = POOL.take(bytes);
    return new HostBuffer(block.memory(), () -> {
      if (POISON) block.memory().fill((byte) 0xff);
      POOL.giveBack(block);
    });
  }

  /// How many buffers are in use now, over all threads.
  public static long liveBuffers() { return POOL.liveBuffers(); }

  /// Bytes of the buffers in use now.
  public static long liveBytes() { return POOL.liveBytes(); }

  /// The most bytes that were in use at one time since the last [#resetPeak].
  public static long peakBytes() { return POOL.peakBytes(); }

  /// Starts a new measurement of [#peakBytes].
  public static void resetPeak() { POOL.resetPeak(); }

  /// Bytes that the pool has taken from the system, in use or not.
  public static long heldBytes() { return POOL.heldBytes(); }

  /// Memory of the system, which is never given back.
  private static final class NativeMemory implements BlockPool.Source<MemorySegment> {
    @Override
    public MemorySegment map(long bytes, long held) {
      try {
        return Arena.global().allocate(bytes, ALIGNMENT);
      } catch (OutOfMemoryError e) {
        throw new InsufficientMemoryException(bytes, held, e);
      }
    }

    @Override
    public MemorySegment slice(MemorySegment memory, long offset, long bytes) { return memory.asSlice(offset, bytes); }
  }
}
