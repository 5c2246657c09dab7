package dev.raiju.kernels.conformance.cases;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.FeedForwardBackward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.List;

/// Matrix products and linear layers.
final class ProductCases {
  private static final Tolerance SUM_AND_BIAS = new Tolerance.Bound(1, 1, 0.5, Magnitude.ABSOLUTES,
      "k terms and a bias in any order");
  private static final Tolerance TWO_LAYERS = new Tolerance.Bound(64, 4, 8, Magnitude.LARGEST_OF_ALL,
      "two products in a row: the errors of the hidden values, rounded to the type, are summed by the second");

  private ProductCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>(List.of(matmul(), batched(), linear(false), linear(true), narrowWeights()));
    for (DType compute : List.of(DType.BF16, DType.F16)) rows.add(narrowCompute(compute));
    rows.addAll(List.of(blockWeights(), bytes()));
    rows.addAll(List.of(feedForward(), gatedFeedForward(), feedForwardHidden(), feedForwardBackward()));
    return rows;
  }

  /// One long axis, the others short, in turn: long enough for every edge of a tile, and cheap in the reference.
  private static long[] sizes(Choices c, int count) {
    long[] sizes = new long[count];
    int longest = c.pick(count);
    for (int i = 0; i < count; i++) sizes[i] = i == longest ? c.length() : c.coin() ? c.few() : c.between(1, 13);
    return sizes;
  }

  private static OpCase matmul() {
    return OpCase.of("matmul", (c, type) -> {
      long[] s = sizes(c, 3);
      return Sample.of(in -> in.get(0).matmul(in.get(1)), c.numbers(type, s[0], s[2]), c.numbers(type, s[2], s[1])).terms(s[2]);
    }).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> in.get(0).matmul(in.get(1)), c
        .numbers(type,
            256, 384), c.numbers(type, 384, 256)).terms(384)).special("of nothing, zeros", in -> in.get(0).matmul(in.get(1)), List
                .of(Value
                    .floats().reshape(1, 0), Value.floats().reshape(0, 2)), 0, 0).special("a NaN spoils its row", in -> in.get(0)
                        .matmul(in.get(1)),
                        List.of(Value.floats(1, Double.NaN, 1, 1).reshape(2, 2), Value.floats(1, 0).reshape(2, 1)), Double.NaN, 1)
        .special(
            "infinity times zero", in -> in.get(0).matmul(in.get(1)), List.of(Value.floats(Double.POSITIVE_INFINITY, 1).reshape(1,
                2), Value.floats(0, 1, 1, 1).reshape(2, 2)), Double.NaN, Double.POSITIVE_INFINITY).refuses(
                    "matmul: inner sizes differ: [2, 3] x [4, 5]; needs a[-1] = b[-2], got 3 and 4", in -> MatMul.matmul(in.get(
                        0), in
                            .get(1)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 4, 5)).refuses(
                                "matmul: needs two axes or more, got f32 [3] and f32 [3]", in -> MatMul.matmul(in.get(0), in.get(
                                    1)), Spec
                                        .of(DType.F32, 3), Spec.of(DType.F32, 3)).refuses(
                                            "matmul: types differ: f32 [2, 2] and bf16 [2, 2]; cast one of them",
                                            in -> MatMul.matmul(in.get(0), in.get(1)), Spec.of(DType.F32, 2, 2), Spec.of(
                                                DType.BF16, 2, 2))
        .refuses("matmul: needs a float type, got i32 [2, 2]", in -> MatMul.matmul(in.get(0), in.get(1)), Spec.of(DType.I32, 2,
            2), Spec.of(
                DType.I32, 2, 2));
  }

  private static OpCase batched() {
    return OpCase.of("matmul batched", (c, type) -> {
      long[] s = sizes(c, 3);
      Shape batch = Shape.of(c.few(), c.few());
      Shape other = c.stretchable(batch);
      boolean left = c.coin();
      Shape a = (left ? other : batch).append(s[0], s[2]);
      Shape b = (left ? batch : other).append(s[2], s[1]);
      return Sample.of(in -> in.get(0).matmul(in.get(1)), c.numbers(type, a), c.numbers(type, b)).terms(s[2]);
    }).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> in.get(0).matmul(in.get(1)), c
        .numbers(type, 2,
            6, 128, 64), c.numbers(type, 2, 6, 64, 128)).terms(64)).refuses(
                "broadcast: sizes differ: [2] and [3]; needs equal sizes, or 1",
                in -> in.get(0).matmul(in.get(1)), Spec.of(DType.F32, 2, 2, 2), Spec.of(DType.F32, 3, 2, 2));
  }

  private static Shape rows(Choices c, long rows, long width) {
    Shape shape = Shape.of(rows, width);
    int kind = c.pick(4);
    return kind == 3 ? Shape.of(width) : kind == 2 ? shape.insert(0, c.few()) : shape;
  }

  private static OpCase linear(boolean bias) {
    OpCase row = OpCase.of(bias ? "linear bias" : "linear", (c, type) -> {
      long[] s = sizes(c, 3);
      Value x = c.numbers(type, rows(c, s[0], s[2]));
      Value w = c.numbers(type, s[1], s[2]).ofFreeType();
      return bias
          ? Sample.of(in -> Linear.linear(in.get(0), in.get(1), in.get(2)), x, w, c.numbers(type, s[1])).terms(s[2] + 1)
          : Sample.of(in -> Linear.linear(in.get(0), in.get(1)), x.ofFreeType(), w).terms(s[2]);
    }).within(SUM_AND_BIAS).gradient(Gradient.TWICE).benchmark((c, type) -> bias
        ? Sample.of(in -> Linear.linear(in.get(0), in.get(1), in.get(2)), c.numbers(type, 320, 384), c.numbers(type, 384, 384), c
            .numbers(
                type, 384)).terms(385)
        : Sample.of(in -> Linear.linear(in.get(0), in.get(1)), c.numbers(type, 320, 384), c.numbers(type, 384, 384)).terms(384));
    if (!bias) {
      return row.refuses("linear: input f32 [2, 3] does not fit weight f32 [4, 5]; needs x[-1] = w[1]", in -> Linear.linear(in
          .get(0), in
              .get(1)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 4, 5)).refuses(
                  "linear: weight must be a float or block type, got i32 [4, 3]",
                  in -> Linear.linear(in.get(0), in.get(1)), Spec.of(DType.F32, 2, 3), Spec.of(DType.I32, 4, 3)).refuses(
                      "linear: needs 2 axes, got f32 [3]", in -> Linear.linear(in.get(0), in.get(1)), Spec.of(DType.F32, 2, 3),
                      Spec.of(
                          DType.F32, 3));
    }
    return row.special("of nothing, the bias", in -> Linear.linear(in.get(0), in.get(1), in.get(2)), List.of(Value.floats()
        .reshape(1, 0),
        Value.floats().reshape(2, 0), Value.floats(3, -4)), 3, -4).refuses("linear: bias must be [4], got [3]", in -> Linear
            .linear(in.get(0),
                in.get(1), in.get(2)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 4, 3), Spec.of(DType.F32, 3)).refuses(
                    "linear: types differ: f32 [2, 3] and bf16 [4]; cast one of them", in -> Linear.linear(in.get(0), in.get(1),
                        in.get(2)), Spec.of(
                            DType.F32, 2, 3), Spec.of(DType.F32, 4, 3), Spec.of(DType.BF16, 4));
  }

  /// An input in f32, a weight stored narrow.
  private static OpCase narrowWeights() {
    return OpCase.of("linear narrow weight", (c, type) -> {
      long[] s = sizes(c, 3);
      return Sample.of(in -> Linear.linear(in.get(0), in.get(1)), c.numbers(DType.F32, s[0], s[2]).ofFreeType(), c.numbers(type,
          s[1], s[2]).ofFreeType())
          .terms(s[2]);
    }).types(DType.BF16, DType.F16).within(SUM_AND_BIAS).gradient(Gradient.TWICE).ofNarrowArithmetic();
  }

  /// Factors rounded to a narrow type, sums in f32.
  private static OpCase narrowCompute(DType compute) {
    return OpCase.of("linear computed in " + compute, (c, type) -> {
      long[] s = sizes(c, 3);
      return Sample.of(in -> Trace.apply(new Linear(compute), in.get(0), in.get(1), in.get(2)), c.numbers(type, s[0], s[2]), c
          .numbers(type,
              s[1], s[2]).ofFreeType(), c.numbers(type, s[1])).terms(s[2] + 1);
    }).types(DType.F32).within(SUM_AND_BIAS).ofNarrowArithmetic().benchmark((c, type) -> Sample.of(in -> Trace.apply(new Linear(
        compute), in.get(0), in.get(1)),
        c.numbers(type, 320, 384), c.numbers(type, 384, 384)).terms(384));
  }

  /// A weight in groups of small codes; the type of the row is that of the weight.
  private static OpCase blockWeights() {
    return OpCase.of("linear block weight", (c, type) -> {
      long groups = c.between(1, 2);
      long out = c.between(1, 9);
      long width = groups * type.unit();
      DType float32 = DType.F32;
      return Sample.of(in -> Linear.linear(in.get(0), in.get(1)), c.numbers(float32, rows(c, c.few(), width)), blocks(c, type,
          out, width)
          .ofFreeType()).terms(width).magnitude(in -> List.of(Linear.linear(in.get(0).abs(), Dequantize.dequantize(in.get(1),
              DType.F64).abs())));
    }).types(BlockCases.TYPES).within(new Tolerance.Bound(1, 1, 0.5, Magnitude.GIVEN, "a sum of k terms, as any product"))
        .gradient(
            Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> Linear.linear(in.get(0), in.get(1)), c.numbers(DType.F32, 320,
                width(type)),
                blocks(c, type, 384, width(type)).ofFreeType()).terms(width(type)));
  }

  /// Rows rounded to 8 bits, exact sums of groups.
  private static OpCase bytes() {
    List<DType> types = BlockCases.TYPES.stream().filter(Linear::computesInBytes).toList();
    Linear op = new Linear(DType.I8);
    OpCase row = OpCase.of("linear computed in i8", (c, type) -> {
      long width = (long) c.between(1, 3) * type.unit();
      long out = c.coin() ? c.length() : c.between(1, 40);
      Value w = blocks(c, type, out, width);
      return Sample.of(in -> Trace.apply(op, in.get(0), in.get(1), in.get(2)), inSteps(c, c.between(1, 14), width), w, c.numbers(
          DType.F32, out)).terms(width + 1).magnitude(in -> List.of(Linear.linear(in.get(0).abs(), Dequantize.dequantize(in.get(
              1), DType.F64).abs(), in.get(2).abs())));
    });
    row = row.types(types).within(new Tolerance.Bound(1, 1, 0.5, Magnitude.GIVEN, "a sum of k terms and a bias")).benchmark((c,
        type) -> Sample.of(in -> Trace.apply(op, in.get(0), in.get(1)), inSteps(c, 320, 384), blocks(c, type, 384, 384)).terms(
            384));
    return row.refuses("linear: compute type i8: weight must be stored in blocks of 8 bits, got f32 [4, 64]", in -> Trace.apply(
        op, in.get(0), in.get(1)), Spec.of(DType.F32, 2, 64), Spec.of(DType.F32, 4, 64));
  }

  /// Rows of whole multiples of a 127th of their largest magnitude: rounding finds every number again, in f32 and in f64.
  private static Value inSteps(Choices c, long rows, long width) {
    double[] numbers = new double[Math.toIntExact(rows * width)];
    for (int i = 0; i < numbers.length; i++) numbers[i] = (i % width == 0 ? 127 : c.pick(255) - 127) / 16.0;
    return Value.of(DType.F32, numbers, rows, width);
  }

  /// The width of a benchmark: 384, or what is made of whole blocks.
  static long width(DType type) { return Math.ceilDiv(384L, type.unit()) * type.unit(); }

  /// A weight quantised by the reference device, or any packed blocks.
  static Value blocks(Choices c, DType type, long rows, long width) {
    if (type.isPacked()) return PackedValues.of(c, type, rows, width);
    Value plain = c.numbers(DType.F32, rows, width);
    try (Scope scope = Scope.open()) {
      Tensor codes = Quantize.quantize(plain.on(Device.reference()), type);
      return Value.of(codes.spec(), codes.toBytes());
    }
  }

  private static OpCase feedForward() {
    return OpCase.of("feed_forward", (c, type) -> {
      long[] s = sizes(c, 3);
      return Sample.of(in -> FeedForward.feedForward(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4)), c.numbers(type, rows(
          c, s[0],
          s[1])), c.numbers(type, s[2], s[1]).ofFreeType(), c.numbers(type, s[2]), c.numbers(type, s[1], s[2]).ofFreeType(), c
              .numbers(type,
                  s[1])).terms(s[1] + s[2]);
    }).within(TWO_LAYERS).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> FeedForward.feedForward(in.get(0), in
        .get(1), in.get(
            2), in.get(3), in.get(4)), c.numbers(type, 256, 128), c.numbers(type, 512, 128), c.numbers(type, 512), c.numbers(type,
                128, 512), c
                    .numbers(type, 128)).terms(640)).refuses("linear: bias must be [5], got [4]", in -> FeedForward.feedForward(in
                        .get(0), in.get(1), in
                            .get(2), in.get(3), in.get(4)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 5, 3), Spec.of(DType.F32,
                                4), Spec.of(DType.F32, 3,
                                    5), Spec.of(DType.F32, 3));
  }

  /// The recorded form: the hidden rows are outputs too.
  private static OpCase feedForwardHidden() {
    return OpCase.of("feed_forward hidden", (c, type) -> {
      long[] s = sizes(c, 3);
      Value x = c.numbers(type, rows(c, s[0], s[1]));
      Value up = c.numbers(type, s[2], s[1]).ofFreeType();
      Value down = c.numbers(type, s[1], s[2]).ofFreeType();
      boolean gated = c.coin();
      Value[] in = gated
          ? new Value[] {x.ofFreeType(), up, c.numbers(type, s[2], s[1]).ofFreeType(), down}
          : new Value[] {x, up, c.numbers(type, s[2]), down, c.numbers(type, s[1])};
      return Sample.all(t -> Trace.applyAll(new FeedForward(gated, DType.F32, true), t.toArray(Tensor[]::new)), in).terms(s[1]
          + s[2]).text("gated", gated);
    }).within(TWO_LAYERS);
  }

  private static OpCase feedForwardBackward() {
    return OpCase.of("feed_forward_backward", (c, type) -> {
      long[] s = sizes(c, 3);
      Shape x = rows(c, s[0], s[1]);
      Value[] in = {c.numbers(type, x), c.numbers(type, s[2], s[1]).ofFreeType(), c.numbers(type, s[1], s[2]).ofFreeType(), c
          .numbers(type, x.with(-1, s[2])).ofFreeType(), c.numbers(type, x)};
      return Sample.all(t -> Trace.applyAll(new FeedForwardBackward(DType.F32), t.toArray(Tensor[]::new)), in).terms(s[1] + s[2]
          + x.elements());
    }).within(TWO_LAYERS).gradient(Gradient.TWICE).benchmark((c, type) -> {
      Value[] in = {c.numbers(type, 256, 128), c.numbers(type, 512, 128), c.numbers(type, 128, 512), c.numbers(type, 256, 512), c
          .numbers(type, 256, 128)};
      return Sample.all(t -> Trace.applyAll(new FeedForwardBackward(DType.F32), t.toArray(Tensor[]::new)), in).terms(640);
    });
  }

  private static OpCase gatedFeedForward() {
    return OpCase.of("feed_forward gated", (c, type) -> {
      long[] s = sizes(c, 3);
      return Sample.of(in -> FeedForward.gatedFeedForward(in.get(0), in.get(1), in.get(2), in.get(3)), c.numbers(type, rows(c,
          s[0], s[1])).ofFreeType(), c
              .numbers(type, s[2], s[1]).ofFreeType(), c.numbers(type, s[2], s[1]).ofFreeType(), c.numbers(type, s[1], s[2])
                  .ofFreeType()).terms(
                      s[1] + s[2]);
    }).within(TWO_LAYERS).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> FeedForward.gatedFeedForward(in.get(0),
        in.get(1), in
            .get(2), in.get(3)), c.numbers(type, 256, 128), c.numbers(type, 320, 128), c.numbers(type, 320, 128), c.numbers(type,
                128, 320)).terms(
                    448)).refuses("feed_forward: the gated branch must be [2, 5], got [2, 4]", in -> FeedForward.gatedFeedForward(
                        in.get(0), in.get(1),
                        in.get(2), in.get(3)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 5, 3), Spec.of(DType.F32, 4, 3), Spec
                            .of(DType.F32, 3, 4));
  }
}
