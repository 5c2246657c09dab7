package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// One element for each index: `out[.., i, ..] = x[.., index[.., i, ..], ..]`. `x` and the indices have equal sizes except along
/// the axis.
///
/// @param axis counted from the front
public record TakeAlong(int axis) implements Primitive, Differentiable {
  public static Tensor takeAlong(Tensor x, int axis, Tensor indices) {
    return Trace.apply(new TakeAlong(x.shape().axis(axis)), x, indices);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0);
    Spec indices = in.get(1).requireIndex(name());
    if (x.dtype().isBlock()) throw new ShapeException("take_along: %s: block types are not for single elements", x);
    indices.requireRank(name(), x.rank()).requireShape(name(), "the indices", x.shape().with(axis, indices.size(axis)));
    return List.of(x.with(indices.shape()));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(1)); }

  @Override
  public void vjp(Pullback pullback) {
    Spec x = pullback.in(0);
    if (x.dtype().isFloat()) {
      pullback.give(0, () -> Trace.apply(new AddAlong(axis, x.size(axis)), pullback.cotangent(0), pullback.saved(0)));
    }
  }
}
