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
import dev.raiju.tensor.op.MuonStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Ops that write in place. Their results are the written inputs.
final class UpdateCases {
  private UpdateCases() {}

  private static final Tolerance ADAMW = new Tolerance.Bound(16, 0, 2, Magnitude.LARGEST_OF_ALL,
      "a dozen operations, a root and two quotients");

  static List<OpCase> rows() {
    return List.of(adamw(), adamwOfSeveral(), movingAverage(), movingAverages(), muonStep(), assign());
  }

  private static OpCase adamw() {
    OpCase row = OpCase.of("adamw", (c, type) -> step(c, type, c.shape(), new AdamW(0.9, c.coin() ? 0.95 : 0.999, 1e-8, c.coin()
        ? 0.01
        : 0)));
    row = row.types(DType.F32).within(ADAMW);
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

  /// Several parameters at once, of which some may have no elements, and with averages.
  private static OpCase adamwOfSeveral() {
    OpCase row = OpCase.of("adamw of several", (c, type) -> {
      boolean averaged = c.coin();
      List<Value> in = new ArrayList<>();
      for (int i = 0; i <= c.pick(3); i++) learning(c, type, c.shape(), averaged, in);
      in.add(schedule(c, averaged));
      return Sample.all(several(new AdamW(0.9, 0.99, 1e-8, 0.01), averaged), in.toArray(Value[]::new)).text(averaged
          ? "averaged"
          : "");
    });
    row = row.types(DType.F32).within(ADAMW);
    row = row.benchmark((c, type) -> {
      List<Value> in = new ArrayList<>();
      for (int i = 0; i < 8; i++) learning(c, type, Shape.of(128, 384), true, in);
      in.add(schedule(c, true));
      return Sample.all(several(new AdamW(0.9, 0.999, 1e-8, 0.01), true), in.toArray(Value[]::new));
    });
    Function<List<Tensor>, List<Tensor>> op = several(new AdamW(0.9, 0.99, 1e-8, 0.01), true);
    row = row.refuses("adamw: moments and gradient must be [3], got [2]", op, f32(3), f32(3), f32(3), f32(3), f32(2), f32(6));
    return row.refuses("adamw: the schedule must be [6], got [4]", op, f32(3), f32(3), f32(3), f32(3), f32(3), f32(4));
  }

  private static void learning(Choices c, DType type, Shape shape, boolean averaged, List<Value> in) {
    in.add(c.numbers(type, shape).written());
    in.add(c.numbers(type, shape).written());
    in.add(c.uniform(type, 0.01, 2, shape).written());
    in.add(c.numbers(type, shape));
    if (averaged) in.add(c.numbers(type, shape).written());
  }

  private static Value schedule(Choices c, boolean averaged) {
    double factor = c.coin() ? 1 : 0.25;
    return (averaged ? Value.floats(0.01, 0.5, 0.5, factor, 0.75, 0.25) : Value.floats(0.01, 0.5, 0.5, factor)).ofOwnType();
  }

  private static Function<List<Tensor>, List<Tensor>> several(AdamW rule, boolean averaged) {
    return in -> {
      List<AdamW.Parameter> all = new ArrayList<>();
      List<Tensor> written = new ArrayList<>();
      int width = averaged ? 5 : 4;
      for (int i = 0; i + 1 < in.size(); i += width) {
        Optional<Tensor> average = averaged ? Optional.of(in.get(i + 4)) : Optional.empty();
        all.add(new AdamW.Parameter(in.get(i), in.get(i + 1), in.get(i + 2), in.get(i + 3), average));
        written.addAll(in.subList(i, i + 3));
        average.ifPresent(written::add);
      }
      rule.step(all, in.getLast());
      return written;
    };
  }

  private static OpCase movingAverages() {
    Function<List<Tensor>, List<Tensor>> op = in -> {
      List<Tensor> averages = new ArrayList<>();
      List<Tensor> values = new ArrayList<>();
      for (int i = 0; i < in.size(); i++) (i % 2 == 0 ? averages : values).add(in.get(i));
      new MovingAverage(0.75).step(averages, values);
      return averages;
    };
    OpCase row = OpCase.of("moving_average of several", (c, type) -> {
      List<Value> in = new ArrayList<>();
      for (int i = 0; i <= c.pick(3); i++) {
        Shape shape = c.shape();
        in.addAll(List.of(c.numbers(type, shape).written(), c.numbers(type, shape)));
      }
      return Sample.all(op, in.toArray(Value[]::new));
    });
    row = row.types(DType.F32).within(new Tolerance.Bound(3, 0, 2, Magnitude.ABSOLUTES, "two products, rounded, and a sum"));
    row = row.benchmark((c, type) -> Sample.all(op, c.numbers(type, 4, 256, 384).written(), c.numbers(type, 4, 256, 384), c
        .numbers(
            type, 4, 256, 384).written(), c.numbers(type, 4, 256, 384)));
    return row.refuses("moving_average: the value must be [3], got [2]", op, f32(2), f32(2), f32(3), f32(2));
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

  private static OpCase muonStep() {
    OpCase row = OpCase.of("muon_step", (c, type) -> {
      // the quintic turns directions of small singular values, which rounding decides, into large ones: all are near each other here
      long shorter = c.between(1, 6);
      long longer = shorter + c.length();
      boolean tall = c.coin();
      Value schedule = Value.floats(0.1, c.coin() ? 1 : 0.25).ofOwnType();
      List<Value> in = new ArrayList<>(List.of(schedule));
      for (int i = 0; i <= c.pick(2); i++) {
        Shape shape = tall ? Shape.of(longer + 8 * shorter, shorter) : Shape.of(shorter, longer + 8 * shorter);
        in.addAll(List.of(c.numbers(type, shape).written(), c.numbers(type, shape).written(), c.numbers(type, shape)));
      }
      return Sample.all(UpdateCases::muonStepped, in.toArray(Value[]::new)).terms(longer + 8 * shorter);
    });
    row = row.types(DType.F32).within(new Tolerance.Bound(256, 32, 2, Magnitude.LARGEST_OF_ALL,
        "fifteen products in a row, whose errors five rounds of slope 3.4 enlarge"));
    row = row.benchmark((c, type) -> {
      List<Value> in = new ArrayList<>(List.of(Value.floats(0.1, 1).ofOwnType()));
      for (int i = 0; i < 4; i++)
        in.addAll(List.of(c.numbers(type, 128, 128).written(), c.numbers(type, 128, 128).written(), c.numbers(type, 128, 128)));
      return Sample.all(UpdateCases::muonStepped, in.toArray(Value[]::new)).terms(128);
    });
    Function<List<Tensor>, List<Tensor>> op = UpdateCases::muonStepped;
    row = row.refuses("muon_step: the schedule must be [2], got [3]", op, f32(3), f32(2, 3), f32(2, 3), f32(2, 3));
    return row.refuses("muon_step: momentum and gradient must be [2, 3], got [3, 2]", op, f32(2), f32(2, 3), f32(2, 3), f32(3,
        2));
  }

  /// What a step writes: parameters and momenta.
  private static List<Tensor> muonStepped(List<Tensor> in) {
    List<MuonStep.Matrix> matrices = new ArrayList<>();
    List<Tensor> written = new ArrayList<>();
    for (int i = 1; i < in.size(); i += 3) {
      matrices.add(new MuonStep.Matrix(in.get(i), in.get(i + 1), in.get(i + 2)));
      written.addAll(in.subList(i, i + 2));
    }
    MuonStep.step(0.95, 0.01, DType.F32, in.getFirst(), matrices);
    return written;
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
