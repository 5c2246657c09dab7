package dev.raiju.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
  @Test
  void everySizeFitsItsClassWithAQuarterToSpareAtMost() {
    SplittableRandom random = new SplittableRandom(1);
    LongStream edges = LongStream.range(6, 46).map(p -> 1L << p).flatMap(p -> LongStream.of(p - 1, p, p + 1));
    LongStream sizes = LongStream.concat(LongStream.range(64, 100_000), LongStream.concat(random.longs(100_000, 64, 1L << 45),
        edges.skip(1)));
    sizes.forEach(bytes -> {
      long held = BlockPool.classBytes(BlockPool.sizeClass(bytes));
      if (held < bytes || held % 64 != 0 || held > bytes + bytes / 4 + 63) assertEquals(bytes, held);
    });
  }

  @Test
  void classesGrow() {
    for (int c = 1; c < 4 * 40; c++) assertTrue(BlockPool.classBytes(c) >= BlockPool.classBytes(c - 1));
    for (long bytes = 64; bytes < 100_000; bytes++) {
      assertTrue(BlockPool.sizeClass(bytes + 1) >= BlockPool.sizeClass(bytes));
    }
  }

  @Test
  void blocksAreAlignedAndDoNotOverlap() {
    List<HostBuffer> all = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 500; i++) {
      HostBuffer buffer = HostMemory.allocate(random.nextLong(200_000));
      assertEquals(0, buffer.address() % HostMemory.ALIGNMENT);
      buffer.segment().fill((byte) i);
      all.add(buffer);
    }
    for (int i = 0; i < all.size(); i++) {
      MemorySegment memory = all.get(i).segment();
      assertEquals((byte) i, memory.get(ValueLayout.JAVA_BYTE, 0));
      assertEquals((byte) i, memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1));
      assertEquals((byte) i, HostMemory.ALL.get(ValueLayout.JAVA_BYTE, all.get(i).address()));
    }
    all.forEach(Buffer::release);
  }

  @Test
  void whatNobodyUsesGoesBackToTheSystem() {
    HostBuffer kept = HostMemory.allocate(5 << 20);
    kept.segment().fill((byte) 7);
    HostMemory.allocate(100 << 20).release();
    long held = HostMemory.heldBytes();
    HostMemory.releaseUnused();
    assertTrue(HostMemory.heldBytes() <= held - (100 << 20));
    assertEquals(7, kept.segment().get(ValueLayout.JAVA_BYTE, (5 << 20) - 1));
    HostBuffer next = HostMemory.allocate(100 << 20);
    next.segment().fill((byte) 1);
    next.release();
    kept.release();
  }

  @Test
  void memoryIsUsedAgain() {
    HostBuffer first = HostMemory.allocate(5000);
    long address = first.address();
    first.release();
    long held = HostMemory.heldBytes();
    HostBuffer second = HostMemory.allocate(4900);
    assertEquals(address, second.address());
    assertEquals(held, HostMemory.heldBytes());
    second.release();
  }

  @Test
  void countsWhatIsInUse() {
    long buffers = HostMemory.liveBuffers();
    long bytes = HostMemory.liveBytes();
    HostMemory.resetPeak();
    HostBuffer a = HostMemory.allocate(1 << 16);
    HostBuffer b = HostMemory.allocate(1 << 16);
    b.release();
    assertEquals(buffers + 1, HostMemory.liveBuffers());
    assertEquals(bytes + (1 << 16), HostMemory.liveBytes());
    assertEquals(bytes + (2 << 16), HostMemory.peakBytes());
    a.release();
    assertEquals(bytes, HostMemory.liveBytes());
    HostMemory.resetPeak();
    assertEquals(bytes, HostMemory.peakBytes());
  }

  @Test
  void whatTheSystemCannotGiveIsRefused() {
    long buffers = HostMemory.liveBuffers();
    for (long bytes : new long[] {1L << 46, 1L << 55, 1L << 62, Long.MAX_VALUE}) {
      assertThrows(InsufficientMemoryException.class, () -> HostMemory.allocate(bytes), "" + bytes);
    }
    assertEquals(buffers, HostMemory.liveBuffers());
  }

  @Test
  void emptyTensorsHaveMemoryToo() {
    HostBuffer none = HostMemory.allocate(0);
    assertEquals(64, none.bytes());
    none.release();
  }

  @Test
  void memoryOfTheHeapIsNoHostBuffer() {
    assertThrows(IllegalArgumentException.class, () -> HostBuffer.over(MemorySegment.ofArray(new byte[4]), () -> {}));
  }
}
