package dev.raiju.tensor.reference;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Reduce;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Reductions and scans. All walk over lines: the elements that differ only along some axes.
final class Reductions {
  private Reductions() {}

  static void reduce(Reduce.Kind kind, List<Integer> axes, Tensor in, Tensor out) {
    Shape kept = in.shape().reduce(true, axes.stream().mapToInt(Integer::intValue).toArray());
    // for each input element, which output element it joins
    long[] target = Values.places(Layout.contiguous(kept).broadcast(in.shape()));
    int results = Math.toIntExact(kept.elements());
    if (Values.isWhole(in.dtype())) {
      long[] values = Values.longs(in);
      long[] joined = new long[results];
      if (kind != Reduce.Kind.SUM) Arrays.fill(joined, kind == Reduce.Kind.MAX ? Long.MIN_VALUE : Long.MAX_VALUE);
      for (int i = 0; i < values.length; i++) {
        int to = (int) target[i];
        joined[to] = switch (kind) {
          case SUM -> joined[to] + values[i];
          case MAX -> Math.max(joined[to], values[i]);
          case MIN -> Math.min(joined[to], values[i]);
        };
      }
      Values.store(joined, out);
      return;
    }
    double[] values = Values.doubles(in);
    double[] joined = new double[results];
    if (kind != Reduce.Kind.SUM)
      Arrays.fill(joined, kind == Reduce.Kind.MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    for (int i = 0; i < values.length; i++) {
      int to = (int) target[i];
      joined[to] = switch (kind) {
        case SUM -> joined[to] + values[i];
        case MAX -> Math.max(joined[to], values[i]);
        case MIN -> Math.min(joined[to], values[i]);
      };
    }
    Values.store(joined, out);
  }

  /// Visits the lines along `axis` of a contiguous array of this shape: where each begins, and the distance of two elements.
  interface Line {
    void visit(int begin, int stride, int size, int number);
  }

  static void lines(Shape shape, int axis, Line line) {
    int size = Math.toIntExact(shape.size(axis));
    int inner = Math.toIntExact(shape.slice(axis + 1, shape.rank()).elements());
    int outer = Math.toIntExact(shape.slice(0, axis).elements());
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) line.visit(o * size * inner + i, inner, size, o * inner + i);
    }
  }

  static void argMax(int axis, Tensor in, Tensor out) {
    double[] values = Values.doubles(in);
    long[] whole = Values.longs(in);
    boolean exact = Values.isWhole(in.dtype());
    long[] places = new long[Math.toIntExact(out.shape().elements())];
    lines(in.shape(), axis, (begin, stride, size, number) -> {
      int best = 0;
      for (int k = 1; k < size; k++) {
        int at = begin + k * stride;
        int top = begin + best * stride;
        boolean larger = exact
            ? whole[at] > whole[top]
            : values[at] > values[top] || Double.isNaN(values[at]) && !Double.isNaN(values[top]);
        if (larger) best = k;
      }
      places[number] = best;
    });
    Values.store(places, out);
  }

  static void cumulativeSum(int axis, boolean reverse, Tensor in, Tensor out) {
    double[] values = Values.doubles(in);
    long[] whole = Values.longs(in);
    lines(in.shape(), axis, (begin, stride, size, _) -> {
      for (int k = 1; k < size; k++) {
        int at = begin + (reverse ? size - 1 - k : k) * stride;
        int before = reverse ? at + stride : at - stride;
        values[at] += values[before];
        whole[at] += whole[before];
      }
    });
    if (Values.isWhole(in.dtype())) Values.store(whole, out);
    else
      Values.store(values, out);
  }

  static void sort(int axis, boolean descending, Tensor in, Tensor sorted, Tensor indices) {
    double[] values = Values.doubles(in);
    long[] whole = Values.longs(in);
    double[] sortedValues = values.clone();
    long[] sortedWhole = whole.clone();
    long[] places = new long[values.length];
    boolean exact = Values.isWhole(in.dtype());
    lines(in.shape(), axis, (begin, stride, size, _) -> {
      Comparator<Integer> ascending = exact
          ? Comparator.comparingLong(k -> whole[begin + k * stride])
          : (a, b) -> compare(values[begin + a * stride], values[begin + b * stride]);
      Integer[] order = IntStream.range(0, size).boxed().toArray(Integer[]::new);
      Arrays.sort(order, descending ? ascending.reversed() : ascending);
      for (int k = 0; k < size; k++) {
        int at = begin + k * stride;
        sortedValues[at] = values[begin + order[k] * stride];
        sortedWhole[at] = whole[begin + order[k] * stride];
        places[at] = order[k];
      }
    });
    if (exact) Values.store(sortedWhole, sorted);
    else
      Values.store(sortedValues, sorted);
    Values.store(places, indices);
  }

  /// NaN last; -0 and 0 are equal.
  private static int compare(double a, double b) {
    if (a < b) return -1;
    if (a > b) return 1;
    return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
  }
}
