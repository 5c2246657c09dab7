package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.NormBackward;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.RmsNormBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Normalisations, their recorded forms and their gradients as ops.
final class NormCases {
  private static final float EPS = 1e-6f;
  private static final double NAN = Double.NaN;

  private static final Tolerance NORM = new Tolerance.Bound(8, 1, 0.5, Magnitude.GIVEN,
      "k terms summed twice, a root, a quotient, a product and a sum; the rounding of the mean grows with the inverse deviation");
  private static final Tolerance NORM_GRADIENT = new Tolerance.Bound(16, 2, 0.5, Magnitude.LARGEST_OF_ALL,
      "two means of k products, and products of up to four factors");

  private static final Tolerance NORM_SUMS = new Tolerance.Bound(16, 2, 0.5, Magnitude.LARGEST_OF_ALL,
      "two means of k products, products of up to four factors, and sums of k products");

  private NormCases() {}

  static List<OpCase> rows() {
    return List.of(layerNorm(), layerNormPlain(), layerNormStatistics(), layerNormBackward(), rmsNorm(), rmsNormStatistics(),
        rmsNormBackward(), normBackward(), normBackwardUncentred(), modulated(), modulatedStatistics(), channelNorm(),
        groupNorm());
  }

  /// The sizes of the terms of a normalisation over the last axis and of its statistics: the largest element of a row over its
  /// deviation, once for the difference from the mean and once for the deviation's own error.
  private static List<Tensor> normTerms(Tensor x, boolean centred) {
    if (x.size(-1) == 0) return List.of(x, x.sum(true, -1), x.sum(true, -1));
    Tensor mean = x.mean(true, -1);
    Tensor rest = centred ? x.sub(mean) : x;
    Tensor root = rest.square().mean(true, -1).add(EPS).sqrt();
    Tensor inverse = root.like(1).div(root);
    Tensor largest = x.abs().max(true, -1);
    Tensor ratio = largest.mul(inverse);
    return List.of(ratio.mul(rest.mul(inverse).abs().add(1)), largest, inverse.mul(ratio.add(1)));
  }

  /// The largest inverse deviation over lines of the first input: element `i` of a line is `step` after the one before, and lines
  /// begin at every place that is no other line's.
  private static double steepest(Value x, long size, long step, boolean centred) {
    double[] numbers = x.numbers();
    double steepest = 1;
    if (size == 0 || step == 0) return steepest;
    for (int begin = 0; begin < numbers.length; begin++) {
      if (begin / step % size != 0) continue;
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < size; k++) {
        double number = numbers[begin + (int) (k * step)];
        sum += number;
        squares += number * number;
      }
      double mean = centred ? sum / size : 0;
      steepest = Math.max(steepest, 1 / Math.sqrt(Math.max(0, squares / size - mean * mean) + EPS));
    }
    return steepest;
  }

  private static double channelSlope(Value x) {
    return steepest(x, x.spec().size(1), x.spec().shape().slice(2, x.spec().rank()).elements(), false);
  }

  private static ToDoubleFunction<List<Value>> slope(boolean centred) {
    return in -> steepest(in.getFirst(), in.getFirst().spec().size(-1), 1, centred);
  }

  /// The same after weight and bias, with the statistics of a layer norm behind.
  private static Function<List<Tensor>, List<Tensor>> layerNormTerms(boolean statistics) {
    return in -> {
      List<Tensor> terms = normTerms(in.get(0), true);
      Tensor y = terms.getFirst();
      if (in.size() > 1) y = y.mul(in.get(1).abs()).add(in.get(2).abs());
      return statistics ? List.of(y, terms.get(1), terms.get(2)) : List.of(y);
    };
  }

  private static Function<List<Tensor>, List<Tensor>> rmsNormTerms(boolean statistics) {
    return in -> {
      List<Tensor> terms = normTerms(in.get(0), false);
      Tensor y = terms.getFirst().mul(in.get(1).abs());
      return statistics ? List.of(y, terms.get(2)) : List.of(y);
    };
  }

  private static Function<List<Tensor>, List<Tensor>> modulatedTerms(boolean statistics) {
    return in -> {
      List<Tensor> terms = normTerms(in.get(0), true);
      Tensor y = ModulatedLayerNorm.modulate(terms.getFirst(), in.get(1).abs(), in.get(2).abs());
      return statistics ? List.of(y, terms.get(1), terms.get(2)) : List.of(y);
    };
  }

  private static List<Tensor> channelNormTerms(List<Tensor> in) {
    // over the channels as over a last axis, times the weight
    Tensor x = in.get(0).transpose(1, -1);
    Tensor terms = normTerms(x, false).getFirst().transpose(1, -1);
    return List.of(terms.mul(perChannel(in.get(1), x.rank()).abs()));
  }

  private static List<Tensor> groupNormTerms(List<Tensor> in, int groups) {
    Tensor x = in.get(0);
    long group = x.shape().elements() == 0 ? 0 : x.shape().elements() / (x.size(0) * groups);
    Tensor terms = normTerms(x.reshape(x.size(0), groups, group), true).getFirst().reshape(x.shape());
    return List.of(terms.mul(perChannel(in.get(1), x.rank()).abs()).add(perChannel(in.get(2), x.rank()).abs()));
  }

  private static Tensor perChannel(Tensor w, int rank) {
    Tensor t = w;
    for (int i = 2; i < rank; i++) t = t.unsqueeze(-1);
    return t;
  }

  private static DType wide(DType type) { return Spec.of(type).wide(); }

  private static OpCase layerNorm() {
    OpCase row = OpCase.of("layer_norm", (c, type) -> {
      Shape x = c.shape(1);
      long width = x.size(-1);
      Value[] in = {c.numbers(type, x), c.numbers(type, width), c.numbers(type, width)};
      return Sample.of(t -> LayerNorm.layerNorm(t.get(0), t.get(1), t.get(2), EPS), in).terms(width).magnitude(layerNormTerms(
          false)).slope(slope(true));
    });
    row = row.within(NORM).gradient(Gradient.ONCE);
    row = row.benchmark((c, type) -> {
      Value[] in = {c.numbers(type, 512, 384), c.numbers(type, 384), c.numbers(type, 384)};
      return Sample.of(t -> LayerNorm.layerNorm(t.get(0), t.get(1), t.get(2), EPS), in).terms(384);
    });
    Function<List<Tensor>, Tensor> op = in -> LayerNorm.layerNorm(in.get(0), in.get(1), in.get(2), EPS);
    Value two = Value.floats(2, 2);
    row = row.special("equal numbers give the bias", op, List.of(Value.floats(5, 5), two, Value.floats(1, -3)), 1, -3);
    row = row.special("a NaN spoils its row", op, List.of(Value.floats(NAN, 5), two, two), NAN, NAN);
    row = row.refuses("layer_norm: weight must be [3], got [2]", op, f32(2, 3), f32(2), f32(3));
    row = row.refuses("layer_norm: bias must be [3], got [1]", op, f32(2, 3), f32(3), f32(1));
    row = row.refuses("layer_norm: types differ: f32 [2, 3] and bf16 [3]; cast one of them", op, f32(2, 3), Spec.of(DType.BF16,
        3), f32(3));
    row = row.refuses("layer_norm: needs a float type, got i32 [3]", in -> LayerNorm.layerNorm(in.get(0), EPS), Spec.of(DType.I32,
        3));
    return row.refuses("axis -1: [] has 0 axes", in -> LayerNorm.layerNorm(in.get(0), EPS), f32());
  }

  private static OpCase layerNormPlain() {
    OpCase row = OpCase.of("layer_norm plain", (c, type) -> {
      Shape x = c.shape(1);
      return Sample.of(in -> LayerNorm.layerNorm(in.get(0), EPS), c.numbers(type, x)).terms(x.size(-1)).magnitude(layerNormTerms(
          false)).slope(slope(true));
    });
    row = row.within(NORM).gradient(Gradient.ONCE);
    row = row.benchmark((c, type) -> Sample.of(in -> LayerNorm.layerNorm(in.get(0), EPS), c.numbers(type, 512, 384)).terms(384));
    row = row.special("zeros stay zeros", in -> LayerNorm.layerNorm(in.get(0), EPS), List.of(Value.floats(0, 0, 0)), 0, 0, 0);
    return row.special("of one number, 0", in -> LayerNorm.layerNorm(in.get(0), EPS), List.of(Value.floats(7)), 0);
  }

  /// An op with all its outputs.
  private static Function<List<Tensor>, List<Tensor>> all(Fused op) {
    return in -> Trace.applyAll(op, in.toArray(Tensor[]::new));
  }

  private static OpCase layerNormStatistics() {
    OpCase row = OpCase.of("layer_norm statistics", (c, type) -> {
      Shape x = c.shape(1);
      Fused op = new LayerNorm(EPS, true);
      Sample sample = c.coin()
          ? Sample.all(all(op), c.numbers(type, x))
          : Sample.all(all(op), c.numbers(type, x), c.numbers(type, x.size(-1)), c.numbers(type, x.size(-1)));
      return sample.terms(x.size(-1)).magnitude(layerNormTerms(true));
    });
    return row.within(NORM);
  }

  private static OpCase layerNormBackward() {
    OpCase row = OpCase.of("layer_norm_backward", (c, type) -> {
      Shape x = c.shape(1);
      return backward(c, type, x);
    });
    row = row.within(NORM_GRADIENT).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> backward(c, type, Shape.of(512, 384)));
    Function<List<Tensor>, List<Tensor>> op = all(new LayerNormBackward());
    Spec narrow = Spec.of(DType.BF16, 2, 1);
    row = row.refuses("layer_norm_backward: the mean must be f32, got bf16", op, f32(2, 3), narrow, f32(2, 1), f32(2, 3));
    return row.refuses("layer_norm_backward: the gradient must be [2, 3], got [2, 4]", op, f32(2, 3), f32(2, 1), f32(2, 1), f32(2,
        4));
  }

  private static Sample backward(Choices c, DType type, Shape x) {
    Shape rows = x.with(-1, 1);
    Value mean = c.uniform(wide(type), -0.5, 0.5, rows);
    Value inverse = c.uniform(wide(type), 0.5, 2, rows);
    return Sample.all(all(new LayerNormBackward()), c.numbers(type, x), mean, inverse, c.numbers(type, x)).terms(x.size(-1));
  }

  private static OpCase rmsNorm() {
    OpCase row = OpCase.of("rms_norm", (c, type) -> {
      Shape x = c.shape(1);
      Value[] in = {c.numbers(type, x), c.numbers(type, x.size(-1))};
      return Sample.of(t -> RmsNorm.rmsNorm(t.get(0), t.get(1), EPS), in).terms(x.size(-1)).magnitude(rmsNormTerms(false)).slope(
          slope(false));
    });
    row = row.within(NORM).gradient(Gradient.ONCE);
    row = row.benchmark((c, type) -> Sample.of(in -> RmsNorm.rmsNorm(in.get(0), in.get(1), EPS), c.numbers(type, 512, 384), c
        .numbers(type,
            384)).terms(384));
    Function<List<Tensor>, Tensor> op = in -> RmsNorm.rmsNorm(in.get(0), in.get(1), EPS);
    row = row.special("zeros stay zeros", op, List.of(Value.floats(0, 0), Value.floats(3, 3)), 0, 0);
    row = row.special("infinity over infinity", op, List.of(Value.floats(Double.POSITIVE_INFINITY, 1), Value.floats(1, 1)), NAN,
        0);
    row = row.special("squares beyond f16", op, List.of(Value.floats(1024, -1024), Value.floats(2, 2)), 2, -2);
    row = row.refuses("rms_norm: weight must be [3], got [2]", op, f32(2, 3), f32(2));
    return row.refuses("rms_norm: types differ: f32 [2, 3] and bf16 [3]; cast one of them", op, f32(2, 3), Spec.of(DType.BF16,
        3));
  }

  private static OpCase rmsNormStatistics() {
    OpCase row = OpCase.of("rms_norm statistics", (c, type) -> {
      Shape x = c.shape(1);
      Value[] in = {c.numbers(type, x), c.numbers(type, x.size(-1))};
      return Sample.all(all(new RmsNorm(EPS, true)), in).terms(x.size(-1)).magnitude(rmsNormTerms(true));
    });
    return row.within(NORM);
  }

  private static OpCase rmsNormBackward() {
    OpCase row = OpCase.of("rms_norm_backward", (c, type) -> rmsBackward(c, type, c.shape(1)));
    row = row.within(NORM_GRADIENT).gradient(Gradient.TWICE).benchmark((c, type) -> rmsBackward(c, type, Shape.of(512, 384)));
    Function<List<Tensor>, List<Tensor>> op = all(new RmsNormBackward());
    return row.refuses("rms_norm_backward: the inverse root must be [2, 1], got [2]", op, f32(2, 3), f32(2), f32(2, 3));
  }

  private static Sample rmsBackward(Choices c, DType type, Shape x) {
    Value inverse = c.uniform(wide(type), 0.5, 2, x.with(-1, 1));
    return Sample.all(all(new RmsNormBackward()), c.numbers(type, x), inverse, c.numbers(type, x)).terms(x.size(-1));
  }

  private static OpCase normBackward() {
    OpCase row = OpCase.of("norm_backward", (c, type) -> allBackward(c, type, c.shape(1), true));
    row = row.within(NORM_SUMS).gradient(Gradient.TWICE).benchmark((c, type) -> allBackward(c, type, Shape.of(512, 384), true));
    Function<List<Tensor>, List<Tensor>> op = all(new NormBackward(true));
    row = row.refuses("norm_backward: a statistic must be [2, 1], got [2]", op, f32(2, 3), f32(2, 1), f32(2), f32(3), f32(2, 3));
    row = row.refuses("norm_backward: the gradient must be [2, 3], got [2, 4]", op, f32(2, 3), f32(2, 1), f32(2, 1), f32(3), f32(
        2,
        4));
    return row.refuses("norm_backward: the input, stretched by the weight, must be [2, 2, 3], got [2, 3]", op, f32(2, 3), f32(2,
        1), f32(2, 1), f32(2, 1, 3), f32(2, 3));
  }

  private static OpCase normBackwardUncentred() {
    OpCase row = OpCase.of("norm_backward uncentred", (c, type) -> allBackward(c, type, c.shape(1), false));
    return row.within(NORM_SUMS).gradient(Gradient.TWICE).benchmark((c, type) -> allBackward(c, type, Shape.of(512, 384), false));
  }

  private static Sample allBackward(Choices c, DType type, Shape x, boolean centred) {
    Value inverse = c.uniform(wide(type), 0.5, 2, x.with(-1, 1));
    // shared by all rows, by those of a sample, or by none
    Shape w = c.coin() || x.rank() < 2 ? Shape.of(x.size(-1)) : c.coin() ? x : x.with(-2, 1);
    List<Value> in = new ArrayList<>(List.of(c.numbers(type, x)));
    if (centred) in.add(c.uniform(wide(type), -0.5, 0.5, x.with(-1, 1)));
    in.addAll(List.of(inverse, c.numbers(type, w), c.numbers(type, x)));
    return Sample.all(all(new NormBackward(centred)), in.toArray(Value[]::new)).terms(Math.max(x.size(-1), x.elements() / Math
        .max(1,
            x.size(-1))));
  }

  private static OpCase modulated() {
    OpCase row = OpCase.of("modulated_layer_norm", (c, type) -> {
      Value[] in = modulation(c, type, c.few(), c.few(), c.length());
      Sample sample = Sample.of(t -> ModulatedLayerNorm.modulatedLayerNorm(t.get(0), t.get(1), t.get(2), EPS), in);
      return sample.terms(in[0].spec().size(-1)).magnitude(modulatedTerms(false)).slope(slope(true));
    });
    row = row.within(NORM).gradient(Gradient.ONCE);
    row = row.benchmark((c, type) -> {
      Value[] in = {c.numbers(type, 2, 256, 384), c.numbers(type, 2, 1, 384), c.numbers(type, 2, 1, 384)};
      return Sample.of(t -> ModulatedLayerNorm.modulatedLayerNorm(t.get(0), t.get(1), t.get(2), EPS), in).terms(384);
    });
    Function<List<Tensor>, Tensor> op = in -> ModulatedLayerNorm.modulatedLayerNorm(in.get(0), in.get(1), in.get(2), EPS);
    row = row.refuses("modulated_layer_norm: scale must be [1, 1, 4], got [1, 4]", op, f32(1, 2, 4), f32(1, 1, 4), f32(1, 4));
    return row.refuses("modulated_layer_norm: the input, stretched by shift and scale, must be [2, 2, 4], got [1, 2, 4]", op, f32(
        1, 2, 4), f32(2,
            1, 4), f32(2, 1, 4));
  }

  private static Value[] modulation(Choices c, DType type, long batch, long tokens, long width) {
    Shape shift = c.coin() ? Shape.of(batch, 1, width) : c.coin() ? Shape.of(width) : Shape.of(batch, tokens, width);
    return new Value[] {c.numbers(type, batch, tokens, width), c.numbers(type, shift), c.numbers(type, shift)};
  }

  private static OpCase modulatedStatistics() {
    OpCase row = OpCase.of("modulated_layer_norm statistics", (c, type) -> {
      Value[] in = modulation(c, type, c.few(), c.few(), c.length());
      return Sample.all(all(new ModulatedLayerNorm(EPS, true)), in).terms(in[0].spec().size(-1)).magnitude(modulatedTerms(true));
    });
    return row.within(NORM);
  }

  private static OpCase channelNorm() {
    OpCase row = OpCase.of("channel_norm", (c, type) -> {
      Shape x = Shape.of(c.few(), c.between(1, 9));
      int axes = c.pick(4);
      for (int i = 0; i < axes; i++) x = x.append(i == axes - 1 ? c.length() : c.few());
      Value[] in = {c.numbers(type, x), c.numbers(type, x.size(1))};
      return Sample.of(t -> ChannelNorm.channelNorm(t.get(0), t.get(1)), in).terms(x.size(1)).magnitude(
          NormCases::channelNormTerms).slope(v -> channelSlope(v.getFirst()));
    });
    row = row.within(NORM).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(in -> ChannelNorm.channelNorm(in.get(0), in.get(1)), c.numbers(type, 1, 96, 4, 24,
        32), c.numbers(
            type, 96)).terms(96));
    Function<List<Tensor>, Tensor> op = in -> ChannelNorm.channelNorm(in.get(0), in.get(1));
    row = row.special("zeros stay zeros", op, List.of(Value.floats(0, 0).reshape(1, 2), Value.floats(3, 3)), 0, 0);
    row = row.special("squares beyond f16", op, List.of(Value.floats(1024, -1024, 1024, 1024).reshape(1, 4), Value.floats(2, 2, 2,
        2)), 2, -2, 2,
        2);
    row = row.refuses("channel_norm: weight must be [3], got [4]", op, f32(2, 3, 4), f32(4));
    return row.refuses("axis 1: [3] has 1 axes", op, f32(3), f32(3));
  }

  private static OpCase groupNorm() {
    OpCase row = OpCase.of("group_norm", (c, type) -> {
      int groups = c.between(1, 3);
      long channels = groups * (long) c.between(1, 3);
      long inner = c.length();
      Shape x = Shape.of(c.few(), channels);
      if (c.coin()) x = x.append(c.few());
      Shape all = x.append(inner);
      Value[] in = {c.numbers(type, all), c.numbers(type, channels), c.numbers(type, channels)};
      long terms = all.slice(2, all.rank()).elements() * channels / groups;
      Sample sample = Sample.of(t -> GroupNorm.groupNorm(t.get(0), groups, t.get(1), t.get(2), EPS), in);
      return sample.terms(terms).text("groups", groups).magnitude(t -> groupNormTerms(t, groups)).slope(v -> steepest(v
          .getFirst(), terms, 1, true));
    });
    row = row.within(NORM).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> {
      Value[] in = {c.numbers(type, 1, 64, 40, 64), c.numbers(type, 64), c.numbers(type, 64)};
      return Sample.of(t -> GroupNorm.groupNorm(t.get(0), 16, t.get(1), t.get(2), EPS), in).terms(4 * 2560);
    });
    Function<List<Tensor>, Tensor> op = in -> GroupNorm.groupNorm(in.get(0), 2, in.get(1), in.get(2), EPS);
    row = row.special("equal numbers give the bias", op, List.of(Value.floats(5, 5, 5, 5).reshape(1, 2, 2), Value.floats(2, 2),
        Value.floats(1,
            -3)), 1, 1, -3, -3);
    row = row.refuses("group_norm: f32 [2, 3, 4]: the channels must divide into 2 groups", op, f32(2, 3, 4), f32(3), f32(3));
    return row.refuses("group_norm: bias must be [4], got [3]", op, f32(2, 4, 4), f32(4), f32(3));
  }
}
