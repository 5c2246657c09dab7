package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.ALL;
import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.MovingAverage;
import java.util.List;
import java.util.function.Function;

/// Ops that write in place. Their results are the written inputs.
final class UpdateCases {
  private UpdateCases() {}

  static List<OpCase> rows() { return List.of(adamw(), movingAverage(), assign()); }

  private static OpCase adamw() {
    OpCase row = OpCase.of("adamw", (c, type) -> step(c, type, c.shape(), new AdamW(0.9, c.coin() ? 0.95 : 0.999, 1e-8, c.coin()
        ? 0.01
        : 0)));
    row = row.types(DType.F32).within(new Tolerance.Bound(16, 0, 2, Magnitude.LARGEST_OF_ALL,
        "a dozen operations, a root and two quotients"));
    row = row.benchmark((c, type) -> step(c, type, Shape.of(4, 256, 384), new AdamW(0.9, 0.999, 1e-8, 0.01)));
    Function<List<Tensor>, List<Tensor>> op = stepped(new AdamW(0.9, 0.999, 1e-8, 0.01));
    Value zero = Value.floats(0, 0);
    Value schedule = Value.floats(0.125, 1, 1, 1).ofOwnType();
    List<Value> resting = List.of(Value.floats(2, -3).written(), zero.written(), zero.written(), zero, schedule);
    Function<List<Tensor>, List<Tensor>> plain = stepped(new AdamW(0.5, 0.5, 1e-8, 0));
    row = row.special(new Special("without a gradient nothing moves", List.of(DType.F32), resting, plain, List.of(new double[] {2,
      -3}, new double[] {
        0, 0}, new double[] {0, 0})));
    row = row.refuses("adamw: moments and gradient must be [3], got [2]", op, f32(3), f32(3), f32(3), f32(2), f32(4));
    row = row.refuses("adamw: the schedule must be [4], got [3]", op, f32(3), f32(3), f32(3), f32(3), f32(3));
    row = row.refuses("adamw: types differ: f32 [3] and bf16 [3]; cast one of them", op, f32(3), f32(3), Spec.of(DType.BF16, 3),
        f32(3), f32(4));
    row = row.refuses("adamw: needs a float type, got i32 [3]", op, Spec.of(DType.I32, 3), f32(3), f32(3), f32(3), f32(4));
    Function<List<Tensor>, List<Tensor>> turned = in -> op.apply(List.of(in.get(0).transpose(), in.get(0), in.get(0), in.get(0),
        in.get(1)));
    return row.refuses("adamw: input 0 is written and must be contiguous", turned, f32(2, 2), f32(4));
  }

  private static Function<List<Tensor>, List<Tensor>> stepped(AdamW op) {
    return in -> {
      op.step(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4));
      return in.subList(0, 3);
    };
  }

  private static Sample step(Choices c, DType type, Shape shape, AdamW op) {
    Value p = c.numbers(type, shape).written();
    Value m = c.numbers(type, shape).written();
    // a second moment is positive
    Value v = c.uniform(type, 0.01, 2, shape).written();
    Value schedule = Value.floats(0.01, 0.1 + 0.9 * c.pick(2), 0.5, c.coin() ? 1 : 0.25).ofOwnType();
    return Sample.all(stepped(op), p, m, v, c.numbers(type, shape), schedule).text(op);
  }

  private static OpCase movingAverage() {
    Function<List<Tensor>, Tensor> op = averaged(0.75);
    OpCase row = OpCase.of("moving_average", (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(averaged(c.coin() ? 0.999 : 0.5), c.numbers(type, shape).written(), c.numbers(type, shape));
    });
    row = row.within(new Tolerance.Bound(3, 0, 2, Magnitude.ABSOLUTES, "two products, rounded, and a sum"));
    row = row.benchmark((c, type) -> Sample.of(averaged(0.999), c.numbers(type, 4, 256, 384).written(), c.numbers(type, 4, 256,
        384)));
    row = row.special("a NaN stays one", op, List.of(Value.floats(Double.NaN, 4).written(), Value.floats(1, 8)), Double.NaN, 5);
    return row.refuses("moving_average: the value must be [3], got [2]", op, f32(3), f32(2));
  }

  private static Function<List<Tensor>, Tensor> averaged(double decay) {
    return in -> {
      new MovingAverage(decay).step(in.get(0), in.get(1));
      return in.get(0);
    };
  }

  private static OpCase assign() {
    Function<List<Tensor>, Tensor> op = in -> {
      Assign.assign(in.get(0), in.get(1));
      return in.get(0);
    };
    OpCase row = OpCase.of("assign", (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(op, c.bits(type, shape).written(), c.bits(type, shape));
    });
    row = row.types(ALL).within(Tolerance.EXACT);
    row = row.benchmark((c, type) -> Sample.of(op, c.bits(type, Shape.of(4, 256, 384)).written(), c.bits(type, Shape.of(4, 256,
        384))));
    row = row.special("a view of the target is read first", in -> op.apply(List.of(in.get(0), in.get(0).flip(0))), List.of(Value
        .floats(1, 2, 3)
        .written()), 3, 2, 1);
    row = row.refuses("assign: the value must be [3], got [2]", op, f32(3), f32(2));
    return row.refuses("assign: types differ: f32 [3] and bf16 [3]; cast one of them", op, f32(3), Spec.of(DType.BF16, 3));
  }
}
