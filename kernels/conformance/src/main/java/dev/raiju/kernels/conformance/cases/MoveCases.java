package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.ALL;
import static dev.raiju.kernels.conformance.cases.OpCase.FLOATS;
import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.Pad;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Values carried to other places, other types, other devices.
final class MoveCases {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private MoveCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>(List.of(copy(), toDevice(), concat(), stack(), pad(), spread()));
    for (DType target : ALL) rows.add(cast(target));
    return rows;
  }

  private static Value any(Choices c, DType type, Shape shape) {
    return FLOATS.contains(type) ? c.wild(type, shape) : c.bits(type, shape);
  }

  private static OpCase copy() {
    OpCase row = OpCase.of("copy", (c, type) -> Sample.of(in -> in.get(0).copy(), any(c, type, c.shape())));
    row = row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
    return row.benchmark((c, type) -> Sample.of(in -> in.get(0).transpose().copy(), c.bits(type, Shape.of(4, 256, 384))));
  }

  private static OpCase toDevice() {
    OpCase row = OpCase.of("to_device", (c, type) -> Sample.of(MoveCases::thereAndBack, any(c, type, c.shape())));
    return row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
  }

  private static Tensor thereAndBack(List<Tensor> in) {
    return in.get(0).to(Device.reference()).to(in.get(0).device());
  }

  private static OpCase cast(DType target) {
    OpCase row = OpCase.of("cast to " + target, (c, type) -> {
      Value x = c.coin() ? any(c, type, c.shape()) : c.uniform(type, -300, 300, c.shape());
      return Sample.of(in -> in.get(0).to(target), x);
    });
    row = row.types(ALL.stream().filter(t -> t != target).toList()).within(Tolerance.EXACT);
    if (target.isFloat()) row = row.gradient(Gradient.TWICE);
    if (target == DType.I32) {
      Value edges = Value.floats(NAN, INF, -INF, 2.75, -2.75, -0.0);
      double[] cut = {0, Integer.MAX_VALUE, Integer.MIN_VALUE, 2, -2, 0};
      row = row.special("cut towards zero, clamped, NaN is 0", in -> in.get(0).to(target), List.of(edges), cut);
    }
    if (target == DType.BOOL) {
      Value edges = Value.floats(NAN, 0, -0.0, 0.5, INF);
      row = row.special("whatever is not 0", in -> in.get(0).to(target), List.of(edges), 1, 0, 0, 1, 1);
    }
    if (target == DType.BF16) {
      // half a step above 1 is even below, three halves are even above
      Value edges = Value.floats(1 + 0x1p-8, 1 + 0x3p-8, Float.MAX_VALUE, NAN, -0.0);
      double[] rounded = {1, 1 + 0x1p-6, INF, NAN, -0.0};
      Special special = new Special("to the nearest even", List.of(DType.F32), List.of(edges), in -> List.of(in.get(0).to(
          target)), List.of(
              rounded));
      row = row.special(special);
    }
    row = row.benchmark((c, type) -> Sample.of(in -> in.get(0).to(target), c.uniform(type, -100, 100, 4, 256, 384)));
    String message = "cast: q8_g64 [64] to " + target + ": block types are made by quantize and read by dequantize";
    return row.refuses(message, in -> in.get(0).to(target), Spec.of(DType.Q8_G64, 64));
  }

  private static OpCase concat() {
    OpCase row = OpCase.of("concat", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      Value[] parts = new Value[c.between(1, 4)];
      for (int i = 0; i < parts.length; i++) parts[i] = any(c, type, i == 0 ? shape : shape.with(axis, c.few()));
      return Sample.of(in -> Tensor.concat(axis, in.toArray(Tensor[]::new)), parts).text("axis", axis);
    });
    row = row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> {
      Value half = c.bits(type, Shape.of(2, 128, 384));
      return Sample.of(in -> Tensor.concat(1, in.get(0), in.get(1)), half, half);
    });
    row = row.refuses("concat: sizes differ beside axis 0: [2, 3] and [2, 4]", in -> Tensor.concat(0, in.get(0), in.get(1)), f32(
        2, 3), f32(
            2, 4));
    row = row.refuses("concat: types differ: f32 [2] and bf16 [2]; cast one of them", in -> Tensor.concat(0, in.get(0), in.get(
        1)), f32(2), Spec.of(
            DType.BF16, 2));
    row = row.refuses("concat: needs 1 axes, got f32 [2, 2]", in -> Tensor.concat(0, in.get(0), in.get(1)), f32(2), f32(2, 2));
    return row.refuses("concat: nothing to join", _ -> Concat.concat(0), f32(2));
  }

  private static OpCase stack() {
    OpCase row = OpCase.of("stack", (c, type) -> {
      Shape shape = c.shape();
      int axis = c.axis(shape.rank() + 1);
      Value[] parts = IntStream.range(0, c.between(1, 3)).mapToObj(_ -> any(c, type, shape)).toArray(Value[]::new);
      return Sample.of(in -> Tensor.stack(axis, in), parts).text("axis", axis);
    });
    return row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
  }

  private static OpCase pad() {
    OpCase row = OpCase.of("pad", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      double value = type.isFloat() ? c.number() : c.pick(3);
      long before = c.pick(4);
      long after = c.pick(4);
      long between = c.rarely(3) ? c.between(1, 2) : 0;
      return Sample.of(in -> Pad.pad(in.get(0), axis, before, after, between, value), any(c, type, shape)).text("axis", axis,
          before, after,
          between, value);
    });
    row = row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(in -> in.get(0).pad(1, 8, 8), c.bits(type, Shape.of(4, 240, 384))));
    return row.refuses("pad: before -1, after 0, between 0: must not be negative; use slice to cut", in -> in.get(0).pad(0, -1,
        0), f32(3));
  }

  /// A view and its copy in one: what attention layers do between products.
  private static OpCase spread() {
    OpCase row = OpCase.of("contiguous", (c, type) -> {
      Shape shape = c.shape(2);
      int a = c.axis(shape.rank());
      int b = c.axis(shape.rank());
      return Sample.of(in -> in.get(0).transpose(a, b).contiguous(), any(c, type, shape)).text(a, b);
    });
    return row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
  }
}
