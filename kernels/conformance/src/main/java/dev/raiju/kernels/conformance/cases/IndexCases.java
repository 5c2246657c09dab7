package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.ALL;
import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.AddAlong;
import dev.raiju.tensor.op.FoldWindows;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.TakeAlong;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Elements picked and added by index, and windows folded back.
final class IndexCases {
  private static final Spec INDEX = Spec.of(DType.I32, 2);

  private IndexCases() {}

  static List<OpCase> rows() {
    return List.of(gather(), embedding(), gatherBlocks(), scatterAdd(), takeAlong(), addAlong(), foldWindows());
  }

  private static OpCase gather() {
    OpCase row = OpCase.of("gather", (c, type) -> {
      Shape table = c.shape(1);
      int axis = c.axis(table.rank());
      if (table.size(axis) == 0) table = table.with(axis, 2);
      Value indices = c.indices(table.size(axis), c.coin()
          ? Shape.of(c.length())
          : c.coin() ? Shape.scalar() : Shape.of(c.few(), c.few()));
      return Sample.of(in -> Gather.gather(in.get(0), axis, in.get(1)), c.bits(type, table), indices).text("axis", axis);
    });
    row = row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
    Function<List<Tensor>, Tensor> rows = in -> Gather.gather(in.get(0), 0, in.get(1));
    row = row.refuses("gather: indices must be i32 or i64, got f32 [2]", rows, f32(3, 4), f32(2));
    row = row.refuses("axis 2: [3, 4] has 2 axes", in -> Gather.gather(in.get(0), 2, in.get(1)), f32(3, 4), INDEX);
    row = row.refuses(Refusal.of("gather: index 7: must be 0 to 2", in -> rows.apply(List.of(in.get(0), in.get(1).add(7))), f32(3,
        4), INDEX)
        .late());
    row = row.refuses(Refusal.of("gather: index -1: must be 0 to 2", in -> rows.apply(List.of(in.get(0), in.get(1).sub(1))), f32(
        3, 4), INDEX)
        .late());
    long last = 1L << 32;
    Map<Long, Double> planted = Map.of(0L, 5.0, (1L << 31) - 1, 6.0, 1L << 31, 7.0, last - 1, 8.0, last, 9.0);
    Value places = Value.longs(last, 0, (1L << 31) - 1, 1L << 31, last - 1, 1L << 30);
    return row.large(new LargeIndex("a table of more rows than an int counts", DType.F32, last + 1, planted, (table,
        others) -> Gather.gather(
            table, 0, others.get(0)), List.of(places), new double[] {9, 5, 6, 7, 8, 0}));
  }

  private static OpCase embedding() {
    OpCase row = OpCase.of("embedding", (c, type) -> {
      long rows = c.between(1, 9);
      return Sample.of(in -> Gather.embedding(in.get(0), in.get(1)), c.numbers(type, rows, c.length()), c.indices(rows, Shape.of(c
          .few(), c
              .few())));
    });
    row = row.within(Tolerance.EXACT).gradient(Gradient.TWICE);
    return row.benchmark((c, type) -> Sample.of(in -> Gather.embedding(in.get(0), in.get(1)), c.numbers(type, 1000, 384), c
        .indices(1000, Shape
            .of(2, 256))));
  }

  /// Rows of a quantised table; the type of the row is that of the table.
  private static OpCase gatherBlocks() {
    OpCase row = OpCase.of("embedding of blocks", (c, type) -> {
      long rows = c.between(1, 5);
      Value table = ProductCases.blocks(c, type, rows, type.unit() * (long) c.between(1, 2));
      return Sample.of(in -> Gather.embedding(in.get(0), in.get(1)), table, c.indices(rows, Shape.of(c.few())));
    });
    row = row.types(BlockCases.TYPES).within(Tolerance.EXACT);
    return row.refuses("gather: q8_g64 [2, 64]: the last axis of a block type cannot be picked from", in -> Gather.gather(in.get(
        0), 1, in.get(
            1)), Spec.of(DType.Q8_G64, 2, 64), INDEX);
  }

  private static OpCase scatterAdd() {
    OpCase row = OpCase.of("scatter_add", (c, type) -> {
      Shape indices = c.coin() ? Shape.of(c.length()) : Shape.of(c.few(), c.few());
      Shape outer = c.coin() ? Shape.of(c.few()) : Shape.scalar();
      Shape inner = c.coin() ? Shape.of(c.length()) : Shape.scalar();
      int axis = outer.rank();
      long size = c.between(1, 6);
      Shape slices = outer.append(indices.sizes()).append(inner.sizes());
      return Sample.of(in -> ScatterAdd.scatterAdd(in.get(0), axis, size, in.get(1)), c.numbers(type, slices), c.indices(size,
          indices)).terms(
              indices.elements()).text("axis", axis, "size", size);
    });
    row = row.within(Tolerance.SUM).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(in -> ScatterAdd.scatterAdd(in.get(0), 0, 1000, in.get(1)), c.numbers(type, 512,
        384), c.indices(
            1000, Shape.of(512))).terms(512));
    row = row.refuses("scatter_add: the indexed axes must be [2], got [3]", in -> ScatterAdd.scatterAdd(in.get(0), 0, 5, in.get(
        1)), f32(3, 4),
        INDEX);
    row = row.refuses("scatter_add: needs a float type, got i32 [2]", in -> ScatterAdd.scatterAdd(in.get(0), 0, 5, in.get(0)),
        INDEX);
    row = row.refuses("scatter_add: indices [2] do not fit at axis 2 of f32 [2, 4]", in -> ScatterAdd.scatterAdd(in.get(0), 2, 5,
        in.get(1)),
        f32(2, 4), INDEX);
    return row.refuses(Refusal.of("scatter_add: index 9: must be 0 to 4", in -> ScatterAdd.scatterAdd(in.get(0), 0, 5, in.get(1)
        .add(9)), f32(2,
            4), INDEX).late());
  }

  private static OpCase takeAlong() {
    OpCase row = OpCase.of("take_along", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      if (shape.size(axis) == 0) shape = shape.with(axis, 2);
      return Sample.of(in -> TakeAlong.takeAlong(in.get(0), axis, in.get(1)), c.bits(type, shape), c.indices(shape.size(axis),
          shape.with(axis, c
              .few()))).text("axis", axis);
    });
    row = row.types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
    Spec pair = Spec.of(DType.I32, 2, 2);
    row = row.refuses("take_along: the indices must be [3, 2], got [2, 2]", in -> TakeAlong.takeAlong(in.get(0), 1, in.get(1)),
        f32(3, 4), pair);
    row = row.refuses("take_along: needs 2 axes, got i32 [2]", in -> TakeAlong.takeAlong(in.get(0), 1, in.get(1)), f32(3, 4),
        INDEX);
    row = row.refuses(Refusal.of("take_along: index 4: must be 0 to 3", in -> TakeAlong.takeAlong(in.get(0), 1, in.get(1).add(4)),
        f32(2, 4), pair)
        .late());
    long last = 1L << 31;
    return row.large(new LargeIndex("a line of more elements than an int counts", DType.F32, last + 1, Map.of(last, 3.0, last - 1,
        4.0), (x,
            others) -> TakeAlong.takeAlong(x, 0, others.get(0)), List.of(Value.longs(last, last - 1, 5)), new double[] {3, 4,
              0}));
  }

  private static OpCase addAlong() {
    OpCase row = OpCase.of("add_along", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      long size = c.between(1, 6);
      return Sample.of(in -> AddAlong.addAlong(in.get(0), axis, size, in.get(1)), c.numbers(type, shape), c.indices(size, shape))
          .terms(shape.size(
              axis)).text("axis", axis, "size", size);
    });
    row = row.within(Tolerance.SUM).gradient(Gradient.TWICE);
    return row.refuses("add_along: the indices must be [3, 4], got [2]", in -> AddAlong.addAlong(in.get(0), 1, 5, in.get(1)), f32(
        3, 4), INDEX);
  }

  private static OpCase foldWindows() {
    OpCase row = OpCase.of("fold_windows", (c, type) -> {
      long size = c.between(1, 4);
      long step = c.between(1, 3);
      long count = c.length();
      Shape shape = Shape.of(c.few(), count, c.few(), size);
      long length = size + Math.max(0, count - 1) * step + c.pick(3);
      return Sample.of(in -> Trace.apply(new FoldWindows(1, length, step), in.get(0)), c.numbers(type, shape)).terms(size).text(
          "length", length,
          "step", step);
    });
    row = row.within(Tolerance.SUM).gradient(Gradient.TWICE);
    return row.refuses("fold_windows: f32 [3, 2], axis 0, step 2: does not fit into 5", in -> Trace.apply(new FoldWindows(0, 5,
        2), in.get(0)), f32(
            3, 2));
  }
}
