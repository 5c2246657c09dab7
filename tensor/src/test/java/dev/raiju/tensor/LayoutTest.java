package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class LayoutTest {
  /// A layout written out: where each element lies, in row-major order.
  private record Places(long[] sizes, long[] at) {
    static Places of(Layout layout) {
      long[] sizes = layout.shape().sizes();
      long[] at = new long[Math.toIntExact(layout.shape().elements())];
      for (int i = 0; i < at.length; i++) {
        long[] index = index(i, sizes);
        at[i] = layout.offset();
        for (int axis = 0; axis < sizes.length; axis++) at[i] += index[axis] * layout.stride(axis);
      }
      return new Places(sizes, at);
    }

    static long[] index(int element, long[] sizes) {
      long[] index = new long[sizes.length];
      for (int axis = sizes.length - 1, rest = element; axis >= 0; axis--) {
        index[axis] = rest % (int) sizes[axis];
        rest /= (int) sizes[axis];
      }
      return index;
    }

    long get(long[] index) {
      int element = 0;
      for (int axis = 0; axis < sizes.length; axis++) element = element * (int) sizes[axis] + (int) index[axis];
      return at[element];
    }

    /// Another shape whose element at an index is that of this at `where` the index leads.
    Places view(long[] shape, UnaryOperator<long[]> where) {
      long[] moved = new long[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
      for (int i = 0; i < moved.length; i++) moved[i] = get(where.apply(index(i, shape)));
      return new Places(shape, moved);
    }
  }

  private static void assertSame(Places expected, Layout actual) {
    assertArrayEquals(expected.sizes, actual.shape().sizes());
    assertArrayEquals(expected.at, Places.of(actual).at, actual.toString());
  }

  private static Layout random(SplittableRandom random) {
    long[] sizes = random.longs(random.nextInt(5), 1, 5).toArray();
    if (sizes.length > 0 && random.nextInt(20) == 0) sizes[0] = 0;
    Layout layout = Layout.contiguous(Shape.of(sizes));
    for (int steps = random.nextInt(4); steps > 0; steps--) layout = step(random, layout);
    return layout;
  }

  private static Layout step(SplittableRandom random, Layout layout) {
    int rank = layout.shape().rank();
    if (rank == 0) return layout;
    int axis = random.nextInt(rank);
    long size = layout.shape().size(axis);
    switch (random.nextInt(4)) {
      case 0 -> {
        return layout.permute(order(random, rank));
      }
      case 1 -> {
        if (size == 0) return layout;
        long start = random.nextLong(size);
        long step = random.nextBoolean() ? 1 + random.nextLong(2) : -1 - random.nextLong(2);
        long available = step > 0 ? (size - 1 - start) / step + 1 : start / -step + 1;
        return layout.slice(axis, start, random.nextLong(available + 1), step);
      }
      case 2 -> {
        return size == 1 ? layout.broadcast(layout.shape().with(axis, 3)) : layout;
      }
      default -> {
        return size < 2 || rank > 5 ? layout : layout.windows(axis, 2, 1);
      }
    }
  }

  private static int[] order(SplittableRandom random, int rank) {
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  @Test
  void viewsLeadToTheSameElementsAsNaiveIndexing() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 20_000; n++) {
      Layout layout = random(random);
      Places places = Places.of(layout);
      int rank = layout.shape().rank();
      if (rank == 0) continue;
      int[] order = order(random, rank);
      long[] permuted = Arrays.stream(order).mapToLong(a -> layout.shape().size(a)).toArray();
      assertSame(places.view(permuted, index -> {
        long[] from = new long[rank];
        for (int i = 0; i < rank; i++) from[order[i]] = index[i];
        return from;
      }), layout.permute(order));
      int axis = random.nextInt(rank);
      long size = layout.shape().size(axis);
      if (size == 0) continue;
      long start = random.nextLong(size);
      long step = random.nextBoolean() ? 2 : -1;
      long length = random.nextLong((step > 0 ? (size - 1 - start) / step : start) + 2);
      assertSame(places.view(layout.shape().with(axis, length).sizes(), index -> with(index, axis, start + index[axis] * step)),
          layout.slice(axis, start, length, step));
      long window = 1 + random.nextLong(size);
      long count = (size - window) / 2 + 1;
      assertSame(places.view(layout.shape().with(axis, count).append(window).sizes(), index -> with(Arrays.copyOf(index, rank),
          axis, index[axis] * 2 + index[rank])), layout.windows(axis, window, 2));
      Shape stretched = layout.shape().insert(0, 2);
      assertSame(places.view(stretched.sizes(), index -> Arrays.copyOfRange(index, 1, rank + 1)), layout.broadcast(stretched));
    }
  }

  private static long[] with(long[] index, int axis, long value) {
    long[] changed = index.clone();
    changed[axis] = value;
    return changed;
  }

  @Test
  void reshapesExactlyWhereStridesCanSayIt() {
    SplittableRandom random = new SplittableRandom(2);
    int possible = 0;
    for (int n = 0; n < 50_000; n++) {
      Layout layout = random(random);
      Shape target = regrouped(random, layout.shape());
      Places places = Places.of(layout);
      Optional<Layout> reshaped = layout.reshape(target);
      if (reshaped.isPresent()) {
        assertSame(new Places(target.sizes(), places.at), reshaped.get());
        possible++;
      } else
        assertTrue(!hasStrides(target, places.at), layout + " to " + target);
    }
    assertTrue(possible > 10_000 && possible < 45_000, possible + " were possible");
  }

  /// The elements of a shape dealt to other axes.
  private static Shape regrouped(SplittableRandom random, Shape shape) {
    long rest = shape.elements();
    Shape target = Shape.scalar();
    while (rest > 1 && target.rank() < 5) {
      long[] divisors = new long[(int) rest];
      int count = 0;
      for (long d = 1; d <= rest; d++) if (rest % d == 0) divisors[count++] = d;
      long size = divisors[random.nextInt(count)];
      target = target.append(size);
      rest /= size;
    }
    return rest == 1 ? target : target.append(rest);
  }

  /// Whether some strides lead through these places. If so they can be read off the neighbours of the first element.
  private static boolean hasStrides(Shape shape, long[] at) {
    long[] strides = new long[shape.rank()];
    long inner = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      if (shape.size(axis) > 1) strides[axis] = at[(int) inner] - at[0];
      inner *= shape.size(axis);
    }
    return Arrays.equals(at, Places.of(Layout.of(shape, strides, at[0])).at);
  }

  @Test
  void contiguousAndDenseMeanWhatTheySay() {
    SplittableRandom random = new SplittableRandom(3);
    int dense = 0;
    for (int n = 0; n < 50_000; n++) {
      Layout layout = random(random);
      long[] at = Places.of(layout).at;
      boolean rowMajor = true;
      for (int i = 1; i < at.length; i++) rowMajor &= at[i] == at[0] + i;
      assertEquals(rowMajor, layout.isContiguous(), layout.toString());
      boolean backwards = false;
      for (int a = 0; a < layout.shape().rank(); a++) backwards |= layout.shape().size(a) > 1 && layout.stride(a) < 0;
      if (backwards) continue;
      long[] sorted = Arrays.stream(at).sorted().distinct().toArray();
      boolean block = sorted.length == at.length && (at.length == 0 || sorted[at.length - 1] - sorted[0] == at.length - 1);
      assertEquals(block, layout.isDense(), layout.toString());
      if (block && !rowMajor) dense++;
      assertEquals(at.length == 0 ? layout.offset() : sorted[sorted.length - 1], layout.lastIndex());
    }
    assertTrue(dense > 500, "only " + dense);
  }

  @Test
  void aUnitAxisNeverHidesADenseBlock() {
    assertTrue(Layout.of(Shape.of(4, 1, 3), new long[] {1, 100, 4}, 0).isDense());
    assertArrayEquals(new int[] {1, 2, 0}, Layout.of(Shape.of(4, 1, 3), new long[] {1, 100, 4}, 0).memoryOrder());
    assertArrayEquals(new int[] {0, 1, 2}, Layout.contiguous(Shape.of(4, 1, 3)).memoryOrder());
  }

  @Test
  void aSingleFrameKeepsItsPlaceAmongChannelsLast() {
    Layout frame = Layout.dense(Shape.of(1, 5, 1, 3, 4), 0, 2, 3, 4, 1);
    assertTrue(frame.isDense());
    assertArrayEquals(new int[] {0, 2, 3, 4, 1}, frame.memoryOrder());
  }

  @Test
  void denseLayoutsLieInTheGivenOrder() {
    assertArrayEquals(new long[] {60, 1, 15, 3}, Layout.dense(Shape.of(2, 3, 4, 5), 0, 2, 3, 1).strides());
    assertArrayEquals(new int[] {0, 2, 3, 1}, Layout.dense(Shape.of(2, 3, 4, 5), 0, 2, 3, 1).memoryOrder());
  }

  @Test
  void refusesSlicesBeyondTheAxisEvenWhereArithmeticWraps() {
    Layout layout = Layout.contiguous(Shape.of(10));
    long[][] wrong = {{0, 11, 1}, {1, 10, 1}, {-1, 1, 1}, {10, 1, 1}, {0, 2, -1}, {9, 11, -1}, {0, 6, 2}, {0, 5, 1L << 62}, {0, 3,
      Long.MIN_VALUE}, {9, 3, Long.MIN_VALUE}, {0, Long.MAX_VALUE, 1}, {0, Long.MIN_VALUE, 1}, {0, -1, 1}, {0, 1, 0}, {5,
        1L << 62, 4}};
    for (long[] w : wrong) assertThrows(ShapeException.class, () -> layout.slice(0, w[0], w[1], w[2]), Arrays.toString(w));
    assertEquals(1, layout.slice(0, 9, 1, Long.MIN_VALUE).shape().elements());
    assertEquals(0, layout.slice(0, 0, 0, 1).shape().elements());
  }

  @Test
  void refusesWhatDoesNotStretch() {
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3)).broadcast(Shape.scalar()));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(1, 3)).broadcast(Shape.of(3)));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3)).broadcast(Shape.of(3, 4)));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3)).windows(0, 4, 1));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3)).windows(0, 0, 1));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3)).reshape(Shape.of(2)));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3, 4)).permute(0, 0));
    assertThrows(ShapeException.class, () -> Layout.contiguous(Shape.of(3, 4)).permute(0));
  }
}
