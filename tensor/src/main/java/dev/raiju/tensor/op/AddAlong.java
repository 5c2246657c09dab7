package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Adds each element into zeros at the place its index names: the gradient of [TakeAlong].
///
/// @param axis counted from the front
/// @param size the size of that axis in the result
public record AddAlong(int axis, long size) implements Primitive, Differentiable {
  public static Tensor addAlong(Tensor values, int axis, long size, Tensor indices) {
    return Trace.apply(new AddAlong(values.shape().axis(axis), size), values, indices);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec values = in.get(0).requireFloat(name());
    in.get(1).requireIndex(name()).requireShape(name(), "the indices", values.shape());
    return List.of(values.with(values.shape().with(axis, size)));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(1)); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> TakeAlong.takeAlong(pullback.cotangent(0), axis, pullback.saved(0)));
  }
}
