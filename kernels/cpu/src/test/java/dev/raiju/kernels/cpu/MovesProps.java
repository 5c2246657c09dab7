package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AddAlong;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.Sort;
import dev.raiju.tensor.op.TakeAlong;
import dev.raiju.tensor.op.Windows;
import dev.raiju.tensor.op.FoldWindows;
import dev.raiju.tensor.Trace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Values that are moved, picked, sorted and summed by index, against the reference device, on random shapes and layouts.
final class MovesProps {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16, DType.I32, DType.I64, DType.I8, DType.U8);
  private static final List<Long> SIZES = List.of(1L, 2L, 3L, 7L, 16L, 33L);

  /// Small whole numbers with many equal ones, exact in every type, stored with axes in any order.
  private static Tensor random(Random random, Device device, DType type, long... sizes) {
    float[] values = new float[(int) Shape.of(sizes).elements()];
    for (int i = 0; i < values.length; i++) values[i] = random.nextInt(40);
    Tensor t = Fixtures.tensor(Device.reference(), values, sizes).to(type).to(device);
    if (sizes.length < 2 || random.nextBoolean()) return t;
    List<Integer> order = new java.util.ArrayList<>(IntStream.range(0, sizes.length).boxed().toList());
    java.util.Collections.shuffle(order, random);
    return Fixtures.reordered(t, order.stream().mapToInt(i -> i).toArray());
  }

  /// Runs the same on the reference and on the CPU.
  private static void assertSame(long seed, Function<Run, List<Tensor>> op) {
    try (Scope scope = Scope.open()) {
      List<Tensor> want = op.apply(new Run(new Random(seed), Device.reference()));
      for (Device device : Fixtures.BOTH) {
        List<Tensor> got = op.apply(new Run(new Random(seed), device));
        for (int i = 0; i < want.size(); i++) {
          assertEquals(want.get(i).spec(), got.get(i).spec());
          assertArrayEquals(want.get(i).toDoubles(), got.get(i).toDoubles());
        }
      }
    }
  }

  private record Run(Random random, Device device) {
    long size() { return SIZES.get(random.nextInt(SIZES.size())); }

    long[] sizes(int rank) { return IntStream.range(0, rank).mapToLong(_ -> size()).toArray(); }

    DType type() { return TYPES.get(random.nextInt(TYPES.size())); }

    DType floatType() { return TYPES.get(random.nextInt(3)); }

    Tensor tensor(DType type, long... sizes) { return MovesProps.random(random, device, type, sizes); }

    Tensor indices(long bound, long... sizes) {
      long[] values = random.longs(Shape.of(sizes).elements(), 0, bound).toArray();
      Tensor t = Tensor.of(Spec.of(DType.I64, sizes), MemorySegment.ofArray(values), device);
      return random.nextBoolean() ? t : t.to(DType.I32);
    }
  }

  @Property(tries = 150)
  void copies(@ForAll long seed) {
    assertSame(seed, run -> {
      int rank = 1 + run.random().nextInt(4);
      Tensor t = run.tensor(run.type(), run.sizes(rank));
      int axis = run.random().nextInt(rank);
      Tensor seen = t.flip(axis);
      if (t.size(axis) > 2) seen = seen.slice(axis, 1, t.size(axis) / 2, 2);
      List<Integer> order = new java.util.ArrayList<>(IntStream.range(0, rank).boxed().toList());
      java.util.Collections.shuffle(order, run.random());
      return List.of(seen.permute(order.stream().mapToInt(i -> i).toArray()).copy());
    });
  }

  @Property(tries = 60)
  void joinsAndPads(@ForAll long seed) {
    assertSame(seed, run -> {
      int rank = 1 + run.random().nextInt(3);
      DType type = run.type();
      long[] sizes = run.sizes(rank);
      int axis = run.random().nextInt(rank);
      Tensor a = run.tensor(type, sizes);
      sizes[axis] = run.size();
      Tensor b = run.tensor(type, sizes);
      Tensor padded = Pad.pad(a, axis, run.random().nextInt(3), run.random().nextInt(3), run.random().nextInt(3), 5);
      return List.of(Tensor.concat(axis, a, b, a), padded);
    });
  }

  @Property(tries = 60)
  void picksAndAddsByIndex(@ForAll long seed) {
    assertSame(seed, run -> {
      long outer = run.size();
      long size = run.size();
      long inner = run.size();
      Tensor table = run.tensor(run.floatType(), outer, size, inner);
      Tensor indices = run.indices(size, 3, 2);
      Tensor rows = Gather.gather(table, 1, indices);
      Tensor along = run.indices(size, outer, 4, inner);
      Tensor taken = TakeAlong.takeAlong(table, 1, along);
      return List.of(rows, ScatterAdd.scatterAdd(rows, 1, size, indices), taken, AddAlong.addAlong(taken, 1, size, along));
    });
  }

  @Property(tries = 60)
  void sortsAndScans(@ForAll long seed) {
    assertSame(seed, run -> {
      int rank = 1 + run.random().nextInt(3);
      Tensor t = run.tensor(run.type(), run.sizes(rank));
      int axis = run.random().nextInt(rank);
      List<Tensor> sorted = Sort.sort(t, axis, run.random().nextBoolean());
      Tensor places = ArgMax.argMax(t, axis, run.random().nextBoolean());
      Tensor small = t.to(run.floatType());
      return List.of(sorted.get(0), sorted.get(1), places, CumulativeSum.cumulativeSum(small.mul(0.25), axis), Trace.apply(
          new CumulativeSum(axis, true), t));
    });
  }

  @Property(tries = 40)
  void foldsWindows(@ForAll long seed) {
    assertSame(seed, run -> {
      Tensor t = run.tensor(run.floatType(), run.size(), 12, run.size());
      long size = 1 + run.random().nextInt(5);
      long step = 1 + run.random().nextInt(4);
      Tensor windows = Windows.windows(t, 1, size, step);
      return List.of(Trace.apply(new FoldWindows(1, 12, step), windows));
    });
  }

  @Example
  void sortsNanLastAndKeepsTheOrderOfEqualZeros() {
    float[] values = {0f, Float.NaN, -0f, 3, Float.NEGATIVE_INFINITY, Float.NaN, Float.POSITIVE_INFINITY, 0f};
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.tensor(device, values, 8);
        assertArrayEquals(new long[] {4, 0, 2, 7, 3, 6, 1, 5}, Sort.sort(x, 0, false).get(1).toLongs());
        assertArrayEquals(new long[] {1, 5, 6, 3, 0, 2, 7, 4}, Sort.sort(x, 0, true).get(1).toLongs());
      }
    }
  }

  @Example
  void refusesAnIndexOutsideTheAxis() {
    try (Scope scope = Scope.open()) {
      Tensor table = Fixtures.random(Fixtures.VECTOR, 1, 3, 2);
      Tensor bad = Tensor.of(new long[] {0, 3}, 2).to(Fixtures.VECTOR);
      var e = assertThrows(ShapeException.class, () -> Gather.gather(table, 0, bad));
      assertEquals("gather: index 3: must be 0 to 2", e.getMessage());
    }
  }

  @Example
  void transposesLargeMatrices() {
    for (Device device : Fixtures.BOTH) {
      for (DType type : new DType[] {DType.F32, DType.BF16, DType.U8, DType.I64}) {
        try (Scope scope = Scope.open()) {
          Tensor x = Tensor.iota(DType.I64, 257 * 190, device).to(type).reshape(257, 190);
          double[] rows = x.toDoubles();
          double[] columns = x.transpose().copy().toDoubles();
          for (int i = 0; i < columns.length; i++) assertEquals(rows[i % 257 * 190 + i / 257], columns[i]);
        }
      }
    }
  }

  @Example
  void fillsAndCounts() {
    for (DType type : DType.values()) {
      if (type.isBlock()) continue;
      try (Scope scope = Scope.open()) {
        double[] want = new double[300];
        Arrays.fill(want, 1);
        assertArrayEquals(want, Tensor.full(Spec.of(type, 300), 1, Fixtures.VECTOR).toDoubles());
        if (type == DType.I32 || type == DType.F32)
          assertArrayEquals(IntStream.range(0, 300).asDoubleStream().toArray(), Tensor.iota(type, 300, Fixtures.VECTOR)
              .toDoubles());
      }
    }
  }
}
