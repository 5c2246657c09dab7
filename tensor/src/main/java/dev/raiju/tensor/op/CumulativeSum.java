package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The running sum along an axis: element `i` is the sum of the elements up to and including `i`.
///
/// @param axis counted from the front
/// @param reverse whether the sum runs from the last element down
public record CumulativeSum(int axis, boolean reverse) implements Primitive, Differentiable {
  public static Tensor cumulativeSum(Tensor x, int axis) {
    return Trace.apply(new CumulativeSum(x.shape().axis(axis), false), x);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (!x.dtype().isFloat() && !x.dtype().isInteger()) throw new ShapeException("cumulative_sum: needs numbers, got %s", x);
    x.size(axis);
    return List.of(x);
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> Trace.apply(new CumulativeSum(axis, !reverse), pullback.cotangent(0)));
  }
}
