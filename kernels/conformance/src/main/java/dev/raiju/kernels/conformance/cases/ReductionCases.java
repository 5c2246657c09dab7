package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.FLOATS;
import static dev.raiju.kernels.conformance.cases.OpCase.NUMBERS;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Sort;
import dev.raiju.tensor.op.SquaredLengths;
import dev.raiju.tensor.op.Variance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Sums, extremes, softmax, orders: whatever joins the elements along some axes.
final class ReductionCases {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final Tolerance EXPONENTIALS = Tolerance.largest(24, 1, 1,
      "an exponent of up to 10 multiplies the rounding of the difference before it, k terms are summed, one division");

  private ReductionCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>();
    rows.addAll(reductions());
    rows.addAll(exponentials());
    rows.addAll(lines());
    rows.add(squaredLengths());
    return rows;
  }

  private static OpCase squaredLengths() {
    Function<List<Tensor>, Tensor> op = SquaredLengths::squaredLengths;
    OpCase row = OpCase.of("squared_lengths", (c, type) -> {
      List<Value> in = new ArrayList<>();
      long most = 0;
      for (int i = 0; i <= c.pick(3); i++) {
        Shape shape = c.shape();
        most = Math.max(most, shape.elements());
        in.add(c.numbers(type, shape));
      }
      return Sample.of(op, in.toArray(Value[]::new)).terms(most);
    });
    row = row.within(new Tolerance.Bound(4, 1, 2, Magnitude.LARGEST_OF_ALL, "squares, which are positive, summed in f32"));
    row = row.gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(op, c.numbers(type, 4, 256, 384), c.numbers(type, 384)).terms(393216));
    row = row.special("of nothing, 0", op, List.of(Value.floats(), Value.floats(3, -4)), 0, 25);
    return row.refuses("squared_lengths: types differ: f32 [2] and bf16 [2]; cast one of them", op, Spec.of(DType.F32, 2), Spec
        .of(
            DType.BF16, 2));
  }

  @FunctionalInterface
  private interface OverAxes {
    Tensor apply(Tensor x, boolean keep, int... axes);
  }

  /// Some axes, as a caller may name them: none for all, negative ones, in any order.
  private static int[] axes(Choices c, int rank) {
    int[] order = new int[rank];
    Arrays.setAll(order, i -> i);
    for (int i = 0; i < rank; i++) {
      int j = c.between(i, rank - 1);
      int axis = order[i];
      order[i] = order[j];
      order[j] = axis;
    }
    int[] some = Arrays.copyOf(order, c.pick(rank + 1));
    for (int i = 0; i < some.length; i++) some[i] -= c.coin() ? rank : 0;
    return some;
  }

  private static OpCase reduction(String name, OverAxes f, boolean ofNothing) {
    return OpCase.of(name, (c, type) -> {
      Shape shape = c.shape();
      int[] axes = axes(c, shape.rank());
      boolean keep = c.coin();
      int[] all = axes.length == 0 ? allOf(shape) : axes;
      if (!ofNothing) shape = withoutEmpty(shape, all);
      long terms = shape.elements() / Math.max(1, shape.reduce(false, all).elements());
      return Sample.of(in -> f.apply(in.get(0), keep, axes), ofNothing ? c.numbers(type, shape) : c.wild(type, shape).distinct())
          .terms(terms).text("axes", Arrays.toString(axes), keep
              ? "kept"
              : "gone");
    }).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> f.apply(in.get(0), false, -1), c.numbers(type, 4, 256,
        384)).terms(
            384)).refuses("axis 2: [2, 3] has 2 axes", in -> f.apply(in.get(0), false, 2), Spec.of(DType.F32, 2, 3)).refuses(
                "axis 1: given twice in [1, -1]", in -> f.apply(in.get(0), false, 1, -1), Spec.of(DType.F32, 2, 3));
  }

  private static int[] allOf(Shape shape) {
    int[] all = new int[shape.rank()];
    Arrays.setAll(all, i -> i);
    return all;
  }

  private static Shape withoutEmpty(Shape shape, int... axes) {
    Shape full = shape;
    for (int axis : axes) {
      if (full.size(axis) == 0) full = full.with(axis, 2);
    }
    return full;
  }

  private static List<OpCase> reductions() {
    Value edges = Value.floats(1, NAN, 2);
    Value infinite = Value.floats(INF, -INF, 2);
    Spec bool = Spec.of(DType.BOOL, 3);
    return List.of(
        reduction("sum", Tensor::sum, true).types(NUMBERS).within(Tolerance.SUM).special("a NaN stays one", in -> in.get(0).sum(),
            List.of(
                edges), NAN).special("infinities", in -> in.get(0).sum(), List.of(infinite), NAN).special("of nothing", in -> in
                    .get(0).sum(),
                    List.of(Value.floats()), 0).refuses("sum: needs numbers, got bool [3]", in -> in.get(0).sum(), bool),
        reduction("max over axes", Tensor::max, false).types(NUMBERS).within(Tolerance.EXACT).special("a NaN is largest", in -> in
            .get(0).max(), List
                .of(edges), NAN).special("infinities", in -> in.get(0).max(), List.of(infinite), INF).refuses(
                    "max: nothing to reduce over axes [1] of f32 [2, 0]", in -> in.get(0).max(1), Spec.of(DType.F32, 2, 0)),
        reduction("min over axes", (x, keep, axes) -> Reduce.reduce(Reduce.Kind.MIN, x, keep, axes), false).types(NUMBERS).within(
            Tolerance.EXACT)
            .special("a NaN is smallest too", in -> in.get(0).min(), List.of(edges), NAN).special("infinities", in -> in.get(0)
                .min(), List
                    .of(infinite), -INF).refuses("min: nothing to reduce over axes [1] of f32 [2, 0]", in -> in.get(0).min(1),
                        Spec.of(
                            DType.F32, 2, 0)),
        reduction("mean", Tensor::mean, true).within(new Tolerance.Bound(3, 1, 0.5, Magnitude.ABSOLUTES,
            "a sum, the rounding of 1/n, and a product")).special("of nothing", in -> in.get(0).mean(), List.of(Value.floats()),
                NAN)
            .refuses("mean: needs a float type, got i32 [3]; cast it first", in -> in.get(0).mean(), Spec.of(DType.I32, 3)),
        reduction("variance", Variance::variance, true).within(new Tolerance.Bound(8, 2, 0.5, Magnitude.LARGEST_OF_ALL,
            "differences from a mean that is itself rounded")).special("of equal numbers", in -> Variance.variance(in.get(0),
                false), List
                    .of(Value.floats(3, 3, 3)), 0).refuses("variance: needs a float type, got i32 [3]", in -> Variance.variance(in
                        .get(0),
                        false), Spec.of(DType.I32, 3)),
        reduction("log_sum_exp", LogSumExp::logSumExp, true).within(new Tolerance.Bound(12, 1, 1, Magnitude.LARGEST_OF_ALL,
            "exponentials summed; the log of the sum and the maximum are added")).special("of -∞ alone", in -> LogSumExp
                .logSumExp(in.get(
                    0), false), List.of(Value.floats(-INF, -INF)), -INF).special("of nothing", in -> LogSumExp.logSumExp(in.get(
                        0), false), List
                            .of(Value.floats()), -INF).special("infinity", in -> LogSumExp.logSumExp(in.get(0), false), List.of(
                                Value.floats(1, INF)),
                                INF).special("large", in -> LogSumExp.logSumExp(in.get(0), false), List.of(Value.floats(1024,
                                    -1024)), 1024),
        OpCase.of("sum_to", (c, type) -> {
          Shape shape = c.shape();
          Shape target = c.stretchable(shape);
          long terms = shape.elements() / Math.max(1, target.elements());
          return Sample.of(in -> in.get(0).sumTo(target), c.numbers(type, shape)).terms(terms).text("to", target);
        }).within(Tolerance.SUM).gradient(Gradient.TWICE));
  }

  private static List<OpCase> exponentials() {
    return List.of(
        OpCase.of("softmax", (c, type) -> {
          Shape shape = c.shape(1);
          int axis = c.axis(shape.rank());
          return Sample.of(in -> Softmax.softmax(in.get(0), axis), c.numbers(type, shape)).terms(shape.size(axis)).text("axis",
              axis);
        }).within(EXPONENTIALS).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> Softmax.softmax(in.get(0), -1), c
            .numbers(
                type, 6, 160, 320)).terms(320)).special("of -∞ alone, NaN", in -> Softmax.softmax(in.get(0), 0), List.of(Value
                    .floats(-INF,
                        -INF)), NAN, NAN).special("masked", in -> Softmax.softmax(in.get(0), 0), List.of(Value.floats(3, -INF,
                            3)), 0.5, 0, 0.5)
            .special("large", in -> Softmax.softmax(in.get(0), 0), List.of(Value.floats(1024, -1024)), 1, 0).special(
                "a NaN spoils all",
                in -> Softmax.softmax(in.get(0), 0), List.of(Value.floats(1, NAN)), NAN, NAN).refuses(
                    "softmax: needs a float type, got i32 [3]", in -> Softmax.softmax(in.get(0), 0), Spec.of(DType.I32, 3))
            .refuses(
                "axis 1: [3] has 1 axes", in -> Softmax.softmax(in.get(0), 1), Spec.of(DType.F32, 3)),
        OpCase.of("log_softmax", (c, type) -> {
          Shape shape = c.shape(1);
          int axis = c.axis(shape.rank());
          return Sample.of(in -> Softmax.logSoftmax(in.get(0), axis), c.numbers(type, shape)).terms(shape.size(axis)).text("axis",
              axis);
        }).within(new Tolerance.Bound(16, 1, 2, Magnitude.LARGEST_OF_ALL, "log-sum-exp, rounded to the type, then a difference"))
            .gradient(
                Gradient.TWICE).special("large", in -> Softmax.logSoftmax(in.get(0), 0), List.of(Value.floats(1024, -1024)), 0,
                    -2048));
  }

  private static List<OpCase> lines() {
    return List.of(argMax(), cumulativeSum(false), cumulativeSum(true), sort(false), sort(true), topK());
  }

  private static OpCase argMax() {
    return OpCase.of("arg_max", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      boolean keep = c.coin();
      Shape full = withoutEmpty(shape, axis);
      // few different numbers, so that there are ties
      Value x = c.coin() ? c.wild(type, full) : c.integers(type, 0, 3, full);
      return Sample.of(in -> ArgMax.argMax(in.get(0), axis, keep), x).text("axis", axis, keep);
    }).types(NUMBERS).within(Tolerance.EXACT).benchmark((c, type) -> Sample.of(in -> ArgMax.argMax(in.get(0), -1, false), c
        .numbers(type, 4,
            256, 384))).special("the first NaN", in -> ArgMax.argMax(in.get(0), 0, false), List.of(Value.floats(1, NAN, INF,
                NAN)), 1).special(
                    "the first of equals", in -> ArgMax.argMax(in.get(0), 0, true), List.of(Value.floats(-0.0, 0, -1)), 0)
        .refuses(
            "arg_max: axis 0 of f32 [0, 2] is empty", in -> ArgMax.argMax(in.get(0), 0, false), Spec.of(DType.F32, 0, 2)).refuses(
                "arg_max: needs numbers, got bool [2]", in -> ArgMax.argMax(in.get(0), 0, false), Spec.of(DType.BOOL, 2));
  }

  private static OpCase cumulativeSum(boolean reverse) {
    return OpCase.of(reverse ? "cumulative_sum reverse" : "cumulative_sum", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      int at = shape.axis(axis);
      return Sample.of(in -> reverse
          ? Trace.apply(new CumulativeSum(at, true), in.get(0))
          : CumulativeSum.cumulativeSum(in.get(0), axis), c.numbers(type, shape)).terms(shape.size(axis)).text("axis", axis);
    }).types(NUMBERS).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> CumulativeSum
        .cumulativeSum(in
            .get(0), 1), c.numbers(type, 4, 256, 384)).terms(256)).special("a NaN spoils the rest", in -> CumulativeSum
                .cumulativeSum(in.get(0),
                    0), List.of(Value.floats(1, NAN, 1)), 1, NAN, NAN).refuses("cumulative_sum: needs numbers, got bool [3]",
                        in -> CumulativeSum
                            .cumulativeSum(in.get(0), 0), Spec.of(DType.BOOL, 3));
  }

  private static OpCase sort(boolean descending) {
    OpCase row = OpCase.of(descending ? "sort descending" : "sort", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      Value x = c.isTame() ? c.numbers(type, shape).distinct() : c.coin() ? c.wild(type, shape) : c.integers(type, 0, 5, shape);
      return Sample.all(in -> Sort.sort(in.get(0), axis, descending), x).text("axis", axis);
    }).types(NUMBERS).within(Tolerance.EXACT).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.all(in -> Sort.sort(in.get(
        0), -1,
        descending), c.numbers(type, 2, 64, 384))).refuses("sort: needs numbers, got bool [3]", in -> Sort.sort(in.get(0), 0,
            false), Spec
                .of(DType.BOOL, 3)).refuses("axis 0: [] has 0 axes", in -> Sort.sort(in.get(0), 0, false), Spec.of(DType.F32));
    Value x = Value.floats(2, NAN, -INF, 2, 0, -0.0);
    double[] values = descending ? new double[] {NAN, 2, 2, 0, 0, -INF} : new double[] {-INF, 0, 0, 2, 2, NAN};
    double[] places = descending ? new double[] {1, 0, 3, 4, 5, 2} : new double[] {2, 4, 5, 0, 3, 1};
    return row.special(new Special("NaN is largest, equals keep their order", FLOATS, List.of(x), in -> Sort.sort(in.get(0), 0,
        descending),
        List.of(values, places)));
  }

  private static OpCase topK() {
    return OpCase.of("top_k", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      long k = c.pick((int) shape.size(axis) + 1);
      return Sample.all(in -> Sort.topK(in.get(0), axis, k), c.numbers(type, shape).distinct()).text("axis", axis, "k", k);
    }).types(NUMBERS).within(Tolerance.EXACT).gradient(Gradient.TWICE).refuses("top_k: k = 4: axis 0 of [3] has 3", in -> Sort
        .topK(in.get(
            0), 0, 4), Spec.of(DType.F32, 3));
  }
}
