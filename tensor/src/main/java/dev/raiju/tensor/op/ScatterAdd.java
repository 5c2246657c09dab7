package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Adds slices into a table of zeros at the places that indices name, in order: the gradient of [Gather].
///
/// @param axis where the axes of the indices begin, and the axis of the table
/// @param size the size of that axis in the table
public record ScatterAdd(int axis, long size) implements Primitive, Differentiable {
  /// @param slices the shape that [Gather] would give
  /// @param indices i32 or i64
  public static Tensor scatterAdd(Tensor slices, int axis, long size, Tensor indices) {
    return Trace.apply(new ScatterAdd(axis, size), slices, indices);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec slices = in.get(0).requireFloat(name());
    Shape indices = in.get(1).requireIndex(name()).shape();
    int end = axis + indices.rank();
    if (axis < 0 || end > slices.rank()) {
      throw new ShapeException("scatter_add: indices %s do not fit at axis %d of %s", indices, axis, slices);
    }
    slices.with(slices.shape().slice(axis, end)).requireShape(name(), "the indexed axes", indices);
    return List.of(slices.with(slices.shape().slice(0, axis).append(size).append(slices.shape().slice(end, slices.rank())
        .sizes())));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(1)); }

  @Override
  public void vjp(Pullback pullback) { pullback.give(0, () -> Gather.gather(pullback.cotangent(0), axis, pullback.saved(0))); }
}
