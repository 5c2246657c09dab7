package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The elements along an axis in order, and the i64 indices of where they came from. Equal elements keep their order; NaN comes
/// last when ascending and first when descending.
///
/// @param axis counted from the front
/// @param descending largest first
public record Sort(int axis, boolean descending) implements Primitive, Differentiable {
  /// Two tensors: the sorted values and their indices.
  public static List<Tensor> sort(Tensor x, int axis, boolean descending) {
    return Trace.applyAll(new Sort(x.shape().axis(axis), descending), x);
  }

  /// The `k` largest elements along an axis, largest first, and their indices.
  public static List<Tensor> topK(Tensor x, int axis, long k) {
    if (k < 0 || k > x.size(axis))
      throw new ShapeException("top_k: k = %d: axis %d of %s has %d", k, axis, x.shape(), x.size(axis));
    return sort(x, axis, true).stream().map(t -> t.slice(axis, 0, k)).toList();
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (!x.dtype().isFloat() && !x.dtype().isInteger()) throw new ShapeException("sort: needs numbers, got %s", x);
    x.size(axis);
    return List.of(x, x.with(DType.I64));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(out.get(1)); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> AddAlong.addAlong(pullback.cotangent(0), axis, pullback.in(0).size(axis), pullback.saved(0)));
  }
}
