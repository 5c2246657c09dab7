package dev.raiju.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.backend.BlockPool.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
  /// A stretch of memory that is only a name and a size.
  private record Extent(long name, long offset, long bytes) {}

  private static final class Names implements BlockPool.Source<Extent> {
    private final List<Extent> mapped = new ArrayList<>();
    private long next;

    @Override
    public Extent map(long bytes, long held) {
      mapped.add(new Extent(next++, 0, bytes));
      return mapped.getLast();
    }

    @Override
    public void unmap(Extent memory) {
      if (!mapped.remove(memory)) throw new AssertionError(memory + " was not mapped");
    }

    @Override
    public Extent slice(Extent memory, long offset, long bytes) {
      if (offset + bytes > memory.bytes()) throw new AssertionError(offset + " + " + bytes + " of " + memory);
      return new Extent(memory.name(), offset, bytes);
    }
  }

  private final Names names = new Names();
  private final BlockPool<Extent> pool = new BlockPool<>(names);

  @Test
  void releasesLargeBlocksThatNobodyUses() {
    List<Block<Extent>> some = new ArrayList<>();
    for (long bytes : new long[] {100, 1 << 20, 3 << 20, 3 << 20, 1L << 30}) some.add(pool.take(bytes));
    pool.giveBack(some.get(0));
    pool.giveBack(some.get(2));
    pool.giveBack(some.get(4));
    pool.releaseUnused();
    // a slab of small blocks, and two large ones that are in use
    assertEquals((4 << 20) + (1 << 20) + (3 << 20), pool.heldBytes());
    assertEquals(pool.heldBytes(), names.mapped.stream().mapToLong(Extent::bytes).sum());
    assertEquals((1 << 20) + (3 << 20), pool.liveBytes());
    // the small one was kept, the large one is new
    assertSame(some.get(0), pool.take(100));
    assertNotSame(some.get(4), pool.take(1L << 30));
    pool.releaseUnused();
    assertEquals(pool.heldBytes(), names.mapped.stream().mapToLong(Extent::bytes).sum());
  }

  @Test
  void everyClassGivesBackToItself() {
    for (long bytes = 1; bytes < 5000; bytes++) {
      Block<Extent> first = pool.take(bytes);
      pool.giveBack(first);
      Block<Extent> second = pool.take(bytes);
      assertSame(first, second);
      assertEquals(BlockPool.footprint(bytes), second.bytes());
      assertNotSame(second, pool.take(bytes));
    }
  }

  @Test
  void piecesInUseDoNotOverlap() {
    SplittableRandom random = new SplittableRandom(4);
    List<Block<Extent>> live = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      if (!live.isEmpty() && random.nextInt(3) == 0) pool.giveBack(live.remove(random.nextInt(live.size())));
      live.add(pool.take(random.nextLong(300_000)));
    }
    for (Block<Extent> a : live) {
      for (Block<Extent> b : live) {
        Extent x = a.memory();
        Extent y = b.memory();
        boolean apart = a == b || x.name() != y.name() || x.offset() + x.bytes() <= y.offset() || y.offset() + y.bytes() <= x
            .offset();
        if (!apart) throw new AssertionError(x + " meets " + y);
      }
    }
    assertEquals(live.stream().mapToLong(Block::bytes).sum(), pool.liveBytes());
    assertEquals(live.size(), pool.liveBuffers());
  }

  /// Small blocks are cut from slabs of 4 MiB, larger ones are taken one by one; what is used again is not taken again.
  @Test
  void holdsWhatItTookFromTheSource() {
    Block<Extent> small = pool.take(1000);
    assertEquals(4 << 20, pool.heldBytes());
    Block<Extent> large = pool.take(5 << 20);
    assertEquals(9 << 20, pool.heldBytes());
    pool.giveBack(small);
    pool.giveBack(large);
    pool.take(1000);
    pool.take(5 << 20);
    assertEquals(9 << 20, pool.heldBytes());
    assertEquals((5 << 20) + 1024, pool.peakBytes());
  }

  @Test
  void refusesMoreThanAnyMachineHas() {
    assertThrows(InsufficientMemoryException.class, () -> pool.take((1L << 48) + 1));
    assertEquals(0, pool.liveBuffers());
  }
}
