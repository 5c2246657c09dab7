package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Losses;
import dev.raiju.tensor.op.Resize;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Losses and resizing: functions that are made of several ops.
final class CompositionCases {
  private CompositionCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>(List.of(mse(), crossEntropy()));
    rows.addAll(List.of(repeat(), nearest(), bilinear(), pixelShuffle(), pixelUnshuffle(), averagePool(), maxPool()));
    return rows;
  }

  private static OpCase mse() {
    Function<List<Tensor>, Tensor> op = in -> Losses.mse(in.get(0), in.get(1));
    OpCase row = OpCase.of("mse", (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(op, c.numbers(type, shape), c.numbers(type, shape)).terms(shape.elements());
    });
    row = row.within(new Tolerance.Bound(8, 1, 2, Magnitude.LARGEST_OF_ALL,
        "squares, which are positive, rounded to the type and summed"));
    row = row.gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(op, c.numbers(type, 4, 256, 384), c.numbers(type, 4, 256, 384)).terms(393216));
    row = row.special("of nothing, NaN", op, List.of(Value.floats(), Value.floats()), Double.NaN);
    return row.refuses("broadcast: sizes differ: [2] and [3]; needs equal sizes, or 1", op, f32(2), f32(3));
  }

  private static OpCase crossEntropy() {
    Function<List<Tensor>, Tensor> op = in -> Losses.crossEntropy(in.get(0), in.get(1));
    OpCase row = OpCase.of("cross_entropy", (c, type) -> {
      Shape examples = c.coin() ? Shape.of(c.few()) : c.coin() ? Shape.scalar() : Shape.of(c.few(), c.few());
      long classes = c.length(1);
      return Sample.of(op, c.numbers(type, examples.append(classes)), c.indices(classes, examples)).terms(classes);
    });
    row = row.within(new Tolerance.Bound(16, 1, 2, Magnitude.LARGEST_OF_ALL,
        "log-sum-exp, rounded to the type, then a difference"));
    row = row.gradient(Gradient.TWICE);
    Value certain = Value.floats(Double.NEGATIVE_INFINITY, 3);
    row = row.special("certain and right", op, List.of(certain, Value.longs(1).reshape()), 0);
    row = row.special("certain and wrong", op, List.of(certain, Value.longs(0).reshape()), Double.POSITIVE_INFINITY);
    return row.refuses(Refusal.of("take_along: index 5: must be 0 to 2", in -> op.apply(List.of(in.get(0), in.get(1).add(5))),
        f32(2, 3), Spec.of(
            DType.I64, 2)).late());
  }

  private static Shape image(Choices c, long height, long width) {
    Shape shape = Shape.of(c.few(), height, width);
    return c.coin() ? shape : shape.insert(0, c.few());
  }

  private static OpCase moved(String name, OpCase.Draw draw) {
    return OpCase.of(name, draw).types(OpCase.NUMBERS).within(Tolerance.EXACT).gradient(Gradient.TWICE);
  }

  private static OpCase repeat() {
    return moved("repeat", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      long factor = c.pick(4);
      return Sample.of(in -> Resize.repeat(in.get(0), axis, factor), c.bits(type, shape)).text("axis", axis, "factor", factor);
    });
  }

  private static OpCase nearest() {
    OpCase row = moved("resize nearest", (c, type) -> {
      long factor = c.between(1, 3);
      return Sample.of(in -> Resize.nearest(in.get(0), factor), c.bits(type, image(c, c.few(), c.length()))).text("factor",
          factor);
    });
    return row.benchmark((c, type) -> Sample.of(in -> Resize.nearest(in.get(0), 2), c.bits(type, Shape.of(24, 48, 64))));
  }

  private static OpCase bilinear() {
    OpCase row = OpCase.of("resize bilinear", (c, type) -> {
      long height = c.between(1, 5);
      long width = c.between(1, 17);
      return Sample.of(in -> Resize.bilinear(in.get(0), height, width), c.numbers(type, image(c, c.between(1, 5), c.length(1))))
          .text(height, width);
    });
    row = row.within(new Tolerance.Bound(8, 0, 4, Magnitude.LARGEST_OF_ALL,
        "weights are rounded to the type; two mixes in a row"));
    row = row.gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(in -> Resize.bilinear(in.get(0), 96, 128), c.numbers(type, 24, 48, 64)));
    String message = "resize: axis -2 of [0, 3] to 2: needs an element, and a size of 0 or more";
    return row.refuses(message, in -> Resize.bilinear(in.get(0), 2, 2), f32(0, 3));
  }

  private static OpCase pixelShuffle() {
    OpCase row = moved("pixel_shuffle", (c, type) -> {
      int r = c.between(1, 3);
      Shape x = Shape.of(c.few(), (long) r * r * c.between(1, 2), c.few(), c.length());
      return Sample.of(in -> Resize.pixelShuffle(in.get(0), r), c.bits(type, x)).text(r);
    });
    row = row.benchmark((c, type) -> Sample.of(in -> Resize.pixelShuffle(in.get(0), 2), c.bits(type, Shape.of(1, 64, 32, 48))));
    return row.refuses("pixel_shuffle: [1, 3, 2, 2]: channels must be a multiple of 2²", in -> Resize.pixelShuffle(in.get(0), 2),
        f32(1, 3, 2, 2));
  }

  private static OpCase pixelUnshuffle() {
    OpCase row = moved("pixel_unshuffle", (c, type) -> {
      int r = c.between(1, 3);
      Shape x = Shape.of(c.few(), c.few(), r * c.few(), r * c.length());
      return Sample.of(in -> Resize.pixelUnshuffle(in.get(0), r), c.bits(type, x)).text(r);
    });
    return row.refuses("pixel_unshuffle: [1, 1, 3, 2]: height and width must be multiples of 2", in -> Resize.pixelUnshuffle(in
        .get(0), 2), f32(1, 1,
            3, 2));
  }

  private static OpCase averagePool() {
    OpCase row = OpCase.of("average_pool", (c, type) -> {
      int size = c.between(1, 3);
      int step = c.between(1, 3);
      Value x = c.numbers(type, image(c, c.between(size, 5), c.length(size)));
      return Sample.of(in -> Resize.averagePool(in.get(0), size, step), x).terms((long) size * size).text("size", size, "step",
          step);
    });
    row = row.within(new Tolerance.Bound(3, 1, 0.5, Magnitude.ABSOLUTES, "a sum, the rounding of 1/n, and a product"));
    row = row.gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(in -> Resize.averagePool(in.get(0), 2, 2), c.numbers(type, 24, 96, 128)).terms(4));
    return row.refuses("windows: size 3, step 1: the axis has 2", in -> Resize.averagePool(in.get(0), 3, 1), f32(2, 5));
  }

  private static OpCase maxPool() {
    OpCase row = moved("max_pool", (c, type) -> {
      int size = c.between(1, 3);
      int step = c.between(1, 3);
      Value x = c.wild(type, image(c, c.between(size, 5), c.length(size))).distinct();
      return Sample.of(in -> Resize.maxPool(in.get(0), size, step), x).text("size", size, "step", step);
    });
    return row.refuses("pool: needs two axes or more, got f32 [4]", in -> Resize.maxPool(in.get(0), 2, 2), f32(4));
  }
}
