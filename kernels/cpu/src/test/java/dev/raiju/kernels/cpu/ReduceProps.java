package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Sums and extremes over random axes of random memory orders, against one loop in f64.
final class ReduceProps {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16, DType.I32, DType.I64, DType.U8);

  @Property(tries = 300)
  void matchesTheNaiveLoop(@ForAll long seed) {
    Random random = new Random(seed);
    int rank = 1 + random.nextInt(4);
    long[] sizes = IntStream.range(0, rank).mapToLong(_ -> List.of(1L, 2L, 3L, 5L, 17L, 40L).get(random.nextInt(6))).toArray();
    Reduce.Kind kind = Reduce.Kind.values()[random.nextInt(3)];
    DType type = TYPES.get(random.nextInt(TYPES.size()));
    boolean keep = random.nextBoolean();
    List<Integer> all = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.shuffle(all, random);
    int[] axes = all.stream().limit(1 + random.nextInt(rank)).mapToInt(i -> i).toArray();
    Collections.shuffle(all, random);
    int[] order = all.stream().mapToInt(i -> i).toArray();
    float[] values = Fixtures.random(seed, (int) Shape.of(sizes).elements());
    for (int i = 0; i < values.length; i++) values[i] = type.isFloat() ? values[i] : (int) (8 * Math.abs(values[i]));
    for (var device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.reordered(Fixtures.tensor(device, values, sizes).to(type), order);
        Tensor got = Reduce.reduce(kind, x, keep, axes);
        double[] want = naive(kind, x.toDoubles(), x.shape(), axes);
        assertEquals(x.shape().reduce(keep, axes), got.shape());
        if (type == DType.U8) want = Arrays.stream(want).map(v -> (long) v & 0xff).toArray();
        double tolerance = type == DType.F16 ? 0x1p-10 : type == DType.BF16 ? 0x1p-7 : 1e-6;
        // what rounding costs a sum goes with the sizes of its terms: they may cancel
        double[] terms = naive(kind, Arrays.stream(x.toDoubles()).map(Math::abs).toArray(), x.shape(), axes);
        double[] sums = got.toDoubles();
        for (int i = 0; i < want.length; i++) {
          double most = type.isFloat() ? tolerance * (kind == Reduce.Kind.SUM ? terms[i] : Math.abs(want[i])) : 0;
          assertEquals(want[i], sums[i], most, "element " + i);
        }
      }
    }
  }

  private static double[] naive(Reduce.Kind kind, double[] x, Shape shape, int[] axes) {
    Shape kept = shape.reduce(true, axes);
    double[] joined = new double[(int) kept.elements()];
    Arrays.fill(joined, kind == Reduce.Kind.SUM
        ? 0
        : kind == Reduce.Kind.MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    for (int i = 0; i < x.length; i++) {
      int rest = i;
      int to = 0;
      int stride = 1;
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        int index = (int) (rest % shape.size(axis));
        rest /= (int) shape.size(axis);
        to += (kept.size(axis) == 1 ? 0 : index) * stride;
        stride *= (int) kept.size(axis);
      }
      joined[to] = switch (kind) {
        case SUM -> joined[to] + x[i];
        case MAX -> Math.max(joined[to], x[i]);
        case MIN -> Math.min(joined[to], x[i]);
      };
    }
    return joined;
  }

  @Example
  void longSumsStayExact() {
    // a single chain of f32 additions would lose 1e-4 of a million equal terms
    float[] values = new float[1_000_003];
    Arrays.fill(values, 0.1f);
    double want = 0.1f * (double) values.length;
    for (var device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.tensor(device, values, values.length);
        assertEquals(want, x.sum().item(), want * 2e-6);
        Tensor columns = x.slice(0, 0, 1_000_000).reshape(500_000, 2).sum(0);
        assertEquals(0.1f * 500_000.0, columns.toFloats()[1], 0.1);
      }
    }
  }

  @Example
  void aNanStays() {
    float[] values = Fixtures.random(1, 3 * 100);
    values[150] = Float.NaN;
    for (var device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.tensor(device, values, 3, 100);
        for (int axis = 0; axis < 2; axis++) {
          assertTrue(Double.isNaN(x.max(axis).toDoubles()[axis == 0 ? 50 : 1]));
          assertTrue(Double.isNaN(x.min(axis).toDoubles()[axis == 0 ? 50 : 1]));
        }
        assertEquals(50, ArgMax.argMax(x, 1, false).toLongs()[1]);
      }
    }
  }

  @Example
  void sumsNothingToZero() {
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new double[] {0, 0}, Fixtures.random(Fixtures.VECTOR, 1, 2, 0).sum(1).toDoubles());
    }
  }
}
