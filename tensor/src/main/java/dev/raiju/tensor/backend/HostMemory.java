package dev.raiju.tensor.backend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;

/// The pool that host tensors live in. Blocks are 64-byte aligned and kept for the next use: the first touch of fresh memory
/// costs more than most kernels. Contents are whatever the last owner left. Safe for use by several threads.
public final class HostMemory {
  /// All memory as one segment, so that kernels see a single kind of segment and no bounds. Whoever computes an address from a
  /// checked layout may read there; nobody else.
  public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /// Every block begins at a multiple of this, a cache line.
  public static final int ALIGNMENT = 64;

  private static final long SMALL = 1 << 20;
  private static final long SLAB = 4 << 20;
  // more than any address space
  private static final long LARGEST = 1L << 48;
  // four for each power of two, from 64 bytes on
  private static final int CLASSES = sizeClass(LARGEST) + 1;

  private static final boolean POISON = DebugModes.enabled("poison");
  private static final HostMemory POOL = new HostMemory();

  @SuppressWarnings({"unchecked", "rawtypes"})
  private final ArrayDeque<MemorySegment>[] free = new ArrayDeque[CLASSES];
  private final AtomicLong liveBuffers = new AtomicLong();
  private final AtomicLong liveBytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();
  private final AtomicLong heldBytes = new AtomicLong();
  private MemorySegment slab = MemorySegment.NULL;
  private long slabUsed;

  private HostMemory() {
    for (int i = 0; i < CLASSES; i++) free[i] = new ArrayDeque<>();
  }

  /// A buffer of at least `bytes` bytes (at least one cache line), owned by the caller.
  ///
  /// @throws InsufficientMemoryException if the system gives no more
  public static HostBuffer allocate(long bytes) {
    if (bytes > LARGEST) throw new InsufficientMemoryException(bytes, heldBytes());
    int sizeClass = sizeClass(Math.max(bytes, ALIGNMENT));
    long size = classBytes(sizeClass);
    MemorySegment block = POOL.take(sizeClass, size);
    POOL.liveBuffers.incrementAndGet();
    POOL.peakBytes.accumulateAndGet(POOL.liveBytes.addAndGet(size), Math::max);
    return new HostBuffer(block, () -> POOL.giveBack(sizeClass, block));
  }

  /// How many buffers are in use now, over all threads.
  public static long liveBuffers() { return POOL.liveBuffers.get(); }

  /// Bytes of the buffers in use now.
  public static long liveBytes() { return POOL.liveBytes.get(); }

  /// The most bytes that were in use at one time since the last [#resetPeak].
  public static long peakBytes() { return POOL.peakBytes.get(); }

  /// Starts a new measurement of [#peakBytes].
  public static void resetPeak() { POOL.peakBytes.set(POOL.liveBytes.get()); }

  /// Bytes that the pool has taken from the system, in use or not.
  public static long heldBytes() { return POOL.heldBytes.get(); }

  private MemorySegment take(int sizeClass, long size) {
    synchronized (free[sizeClass]) {
      MemorySegment block = free[sizeClass].pollLast();
      if (block != null) return block;
    }
    return size < SMALL ? carve(size) : map(size);
  }

  private void giveBack(int sizeClass, MemorySegment block) {
    if (POISON) block.fill((byte) 0xff);
    liveBuffers.decrementAndGet();
    liveBytes.addAndGet(-block.byteSize());
    synchronized (free[sizeClass]) {
      free[sizeClass].addLast(block);
    }
  }

  private synchronized MemorySegment carve(long size) {
    if (slab.byteSize() - slabUsed < size) {
      slab = map(SLAB);
      slabUsed = 0;
    }
    MemorySegment block = slab.asSlice(slabUsed, size);
    slabUsed += size;
    return block;
  }

  private MemorySegment map(long size) {
    try {
      MemorySegment block = Arena.global().allocate(size, ALIGNMENT);
      heldBytes.addAndGet(size);
      return block;
    } catch (OutOfMemoryError e) {
      throw new InsufficientMemoryException(size, heldBytes.get(), e);
    }
  }

  /// The class of the smallest block that holds `bytes`: 64, 80, 96, 112, 128, 160, … each rounded up to whole cache lines.
  static int sizeClass(long bytes) {
    int power = 63 - Long.numberOfLeadingZeros(bytes);
    long quarter = 1L << (power - 2);
    long over = bytes - (1L << power);
    int step = (int) ((over + quarter - 1) / quarter);
    return (power - 6) * 4 + step;
  }

  static long classBytes(int sizeClass) {
    long power = 1L << (sizeClass / 4 + 6);
    long bytes = power + (sizeClass % 4) * (power / 4);
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
