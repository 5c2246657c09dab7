package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Whole slices of a table picked by index along an axis: the axis is replaced by the axes of the indices. With axis 0 this is an
/// embedding look-up. A block-quantised table gives f32 rows.
///
/// An index outside the axis is refused when the kernel runs.
///
/// @param axis counted from the front
public record Gather(int axis) implements Primitive, Differentiable {
  /// @param table any type; a block type only along axis 0
  /// @param indices i32 or i64, any shape
  public static Tensor gather(Tensor table, int axis, Tensor indices) {
    return Trace.apply(new Gather(table.shape().axis(axis)), table, indices);
  }

  /// Rows of a table `[V, D]` for ids of any shape: `[…, D]`.
  public static Tensor embedding(Tensor table, Tensor ids) { return gather(table, 0, ids); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec table = in.get(0);
    Spec indices = in.get(1).requireIndex("gather");
    table.size(axis);
    Shape shape = table.shape().slice(0, axis).append(indices.shape().sizes()).append(table.shape().slice(axis + 1, table.rank())
        .sizes());
    if (!table.dtype().isBlock()) return List.of(table.with(shape));
    if (axis == table.rank() - 1)
      throw new ShapeException("gather: %s: the last axis of a block type cannot be picked from", table);
    return List.of(new Spec(DType.F32, shape));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(1)); }

  @Override
  public void vjp(Pullback pullback) {
    Spec table = pullback.in(0);
    if (table.dtype().isFloat()) {
      pullback.give(0, () -> Trace.apply(new ScatterAdd(axis, table.size(axis)), pullback.cotangent(0), pullback.saved(0)));
    }
  }
}
