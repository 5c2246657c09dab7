package dev.raiju.tensor.backend;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Blocks of memory by size class: what is given back is kept for the next one who asks. Safe for use by several threads.
///
/// Of the memory itself it knows only the size, so a pool of blocks that are not there counts as one of real ones does.
///
/// @param <M> what a piece of memory is
public final class BlockPool<M> {
  /// Every block is a multiple of this, a cache line.
  public static final int ALIGNMENT = 64;

  private static final long SMALL = 1 << 20;
  private static final long SLAB = 4 << 20;
  // more than any address space
  static final long LARGEST = 1L << 48;
  // four for each power of two, from 64 bytes on
  private static final int CLASSES = sizeClass(LARGEST) + 1;

  private final Source<M> source;
  @SuppressWarnings({"unchecked", "rawtypes"})
  private final ArrayDeque<Block<M>>[] free = new ArrayDeque[CLASSES];
  private final AtomicLong liveBuffers = new AtomicLong();
  private final AtomicLong liveBytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();
  private final AtomicLong heldBytes = new AtomicLong();
  private @Nullable M slab;
  private long slabLeft;

  /// Where the memory comes from.
  public interface Source<M> {
    /// New memory, aligned to a cache line.
    ///
    /// @param held what the pool has taken before
    /// @throws InsufficientMemoryException if there is no more
    M map(long bytes, long held);

    /// A part of what [#map] gave.
    M slice(M memory, long offset, long bytes);

    /// Takes back what [#map] gave, whole; nobody uses it any more.
    default void unmap(M memory) {}
  }

  /// A piece of memory, the class that it belongs to, and the size of that class.
  public record Block<M>(M memory, int sizeClass, long bytes) {}

  public BlockPool(Source<M> source) {
    this.source = source;
    for (int i = 0; i < CLASSES; i++) free[i] = new ArrayDeque<>();
  }

  /// The size of the block that a buffer of `bytes` bytes gets.
  public static long footprint(long bytes) { return classBytes(sizeClass(Math.max(bytes, ALIGNMENT))); }

  /// A block of [#footprint] bytes.
  ///
  /// @throws InsufficientMemoryException if there is no more
  public Block<M> take(long bytes) {
    if (bytes > LARGEST) throw new InsufficientMemoryException(bytes, heldBytes());
    Block<M> block = freeOrNew(sizeClass(Math.max(bytes, ALIGNMENT)));
    liveBuffers.incrementAndGet();
    peakBytes.accumulateAndGet(liveBytes.addAndGet(block.bytes()), Math::max);
    return block;
  }

  private Block<M> freeOrNew(int sizeClass) {
    synchronized (free[sizeClass]) {
      Block<M> block = free[sizeClass].pollLast();
      if (block != null) return block;
    }
    long size = classBytes(sizeClass);
    return new Block<>(size < SMALL ? carve(size) : map(size), sizeClass, size);
  }

  /// Takes back a block that [#take] gave.
  public void giveBack(Block<M> block) {
    liveBuffers.decrementAndGet();
    liveBytes.addAndGet(-block.bytes());
    synchronized (free[block.sizeClass()]) {
      free[block.sizeClass()].addLast(block);
    }
  }

  /// Gives back to the source what nobody uses, but for small blocks, which are parts of larger pieces.
  ///
  /// Whoever asks next waits for fresh memory: for the end of work that is not done again, and never between two steps.
  public void releaseUnused() {
    for (int sizeClass = sizeClass(SMALL); sizeClass < CLASSES; sizeClass++) {
      synchronized (free[sizeClass]) {
        for (Block<M> block = free[sizeClass].pollLast(); block != null; block = free[sizeClass].pollLast()) {
          source.unmap(block.memory());
          heldBytes.addAndGet(-block.bytes());
        }
      }
    }
  }

  private synchronized M carve(long size) {
    M from = slab;
    if (from == null || slabLeft < size) {
      slab = from = map(SLAB);
      slabLeft = SLAB;
    }
    M piece = source.slice(from, SLAB - slabLeft, size);
    slabLeft -= size;
    return piece;
  }

  private M map(long size) {
    M memory = source.map(size, heldBytes());
    heldBytes.addAndGet(size);
    return memory;
  }

  /// How many blocks are in use.
  public long liveBuffers() { return liveBuffers.get(); }

  /// Bytes of the blocks in use.
  public long liveBytes() { return liveBytes.get(); }

  /// The most bytes that were in use at one time since the last [#resetPeak].
  public long peakBytes() { return peakBytes.get(); }

  /// Starts a new measurement of [#peakBytes].
  public void resetPeak() { peakBytes.set(liveBytes.get()); }

  /// Bytes that were taken from the source and not given back, in use or not.
  public long heldBytes() { return heldBytes.get(); }

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
