package dev.raiju.tensor.backend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// The pool that host tensors live in. Blocks are 64-byte aligned and kept for the next use: the first touch of fresh memory
/// costs more than most kernels. Only [#releaseUnused] gives any of it back to the system. Contents are whatever the last owner left. Safe for use by several threads.
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

  /// Bytes that the pool holds of the system's memory, in use or not.
  public static long heldBytes() { return POOL.heldBytes(); }

  /// Gives back to the system what no buffer uses; see [BlockPool#releaseUnused].
  public static void releaseUnused() { POOL.releaseUnused(); }

  /// Memory of the system.
  private static final class NativeMemory implements BlockPool.Source<MemorySegment> {
    /// By the address at which the memory of an arena begins.
    private final Map<Long, Arena> arenas = new ConcurrentHashMap<>();

    @Override
    public MemorySegment map(long bytes, long held) {
      Arena arena = Arena.ofShared();
      try {
        long address = arena.allocate(bytes, ALIGNMENT).address();
        arenas.put(address, arena);
        // with a life of no end, as all that kernels see: the pool knows when a piece is free
        return ALL.asSlice(address, bytes);
      } catch (OutOfMemoryError e) {
        arena.close();
        throw new InsufficientMemoryException(bytes, held, e);
      }
    }

    @Override
    public void unmap(MemorySegment memory) { Objects.requireNonNull(arenas.remove(memory.address())).close(); }

    @Override
    public MemorySegment slice(MemorySegment memory, long offset, long bytes) { return memory.asSlice(offset, bytes); }
  }
}
