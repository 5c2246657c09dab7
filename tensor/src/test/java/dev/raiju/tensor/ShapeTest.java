package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void countsItsElements() {
    assertEquals(1, Shape.scalar().elements());
    assertEquals(24, Shape.of(2, 3, 4).elements());
    assertEquals(0, Shape.of(2, 0, 4).elements());
    assertEquals(Long.MAX_VALUE, Shape.of(Long.MAX_VALUE).elements());
    assertEquals(0, Shape.of(1L << 40, 1L << 40, 0).elements());
  }

  @Test
  void refusesWhatCannotBeCounted() {
    assertThrows(ShapeException.class, () -> Shape.of(2, -1));
    assertThrows(ShapeException.class, () -> Shape.of(1L << 32, 1L << 31));
    assertThrows(ShapeException.class, () -> Shape.of(1L << 32, 1L << 32));
    assertThrows(ShapeException.class, () -> Shape.of(1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertEquals(8, Shape.of(1, 1, 1, 1, 1, 1, 1, 1).rank());
  }

  @Test
  void axesCountFromBothEnds() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(4, shape.size(-1));
    assertEquals(2, shape.size(-3));
    assertEquals(1, shape.axis(-2));
    assertArrayEquals(new int[] {0, 2}, shape.axes(-1, 0));
    assertThrows(ShapeException.class, () -> shape.axis(3));
    assertThrows(ShapeException.class, () -> shape.axis(-4));
    assertThrows(ShapeException.class, () -> shape.axes(1, -2));
    assertThrows(ShapeException.class, () -> Shape.scalar().size(0));
  }

  @Test
  void doesNotChange() {
    long[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    shape.sizes()[1] = 9;
    assertEquals(Shape.of(2, 3), shape);
    assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(3, 2), shape);
    assertEquals("[2, 3]", shape.toString());
  }

  @Test
  void changesByAxis() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(Shape.of(2, 3, 9), shape.with(-1, 9));
    assertEquals(Shape.of(1, 2, 3, 4), shape.insert(0, 1));
    assertEquals(Shape.of(2, 3, 4, 1), shape.insert(3, 1));
    assertEquals(Shape.of(2, 3, 4, 1), shape.insert(-1, 1));
    assertThrows(ShapeException.class, () -> shape.insert(4, 1));
    assertEquals(Shape.of(2, 4), shape.remove(1));
    assertEquals(Shape.of(3), shape.slice(1, 2));
    assertEquals(Shape.of(2, 3, 4, 5, 6), shape.append(5, 6));
    assertEquals(Shape.of(2, 1, 1), shape.reduce(true, 2, 1));
    assertEquals(Shape.of(3), shape.reduce(false, 0, -1));
    assertEquals(Shape.scalar(), shape.reduce(false, 0, 1, 2));
  }

  @Test
  void broadcastsAsNumPyDoes() {
    assertEquals(Shape.of(2, 3), Shape.of(2, 1).broadcast(Shape.of(3)));
    assertEquals(Shape.of(0, 3), Shape.of(0, 1).broadcast(Shape.of(1, 3)));
    assertEquals(Shape.of(0), Shape.of(1).broadcast(Shape.of(0)));
    assertThrows(ShapeException.class, () -> Shape.of(0).broadcast(Shape.of(2)));
    assertThrows(ShapeException.class, () -> Shape.of(2, 3).broadcast(Shape.of(2)));
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 10_000; n++) {
      // sizes of a common shape, some of them set to 1 and leading ones left out on either side
      long[] full = random.longs(random.nextInt(1, 6), 0, 4).toArray();
      Shape a = partOf(full, random);
      Shape b = partOf(full, random);
      long[] expected = new long[Math.max(a.rank(), b.rank())];
      for (int i = 1; i <= expected.length; i++) {
        long fromA = i <= a.rank() ? a.size(-i) : 1;
        long fromB = i <= b.rank() ? b.size(-i) : 1;
        expected[expected.length - i] = fromA == 1 ? fromB : fromA;
      }
      assertEquals(Shape.of(expected), a.broadcast(b));
      assertEquals(Shape.of(expected), b.broadcast(a));
    }
  }

  private static Shape partOf(long[] full, SplittableRandom random) {
    long[] sizes = full.clone();
    for (int i = 0; i < sizes.length; i++) if (random.nextInt(3) == 0) sizes[i] = 1;
    return Shape.of(sizes).slice(random.nextInt(sizes.length + 1), sizes.length);
  }
}
