package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Adds overlapping windows back to where they came from: the gradient of [Windows].
///
/// @param axis the axis that counts the windows
/// @param length the size of the axis before it was cut up
/// @param step the distance of two windows
public record FoldWindows(int axis, long length, long step) implements Primitive, Differentiable {
  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat(name());
    long size = x.size(-1);
    if (axis < 0 || axis >= x.rank() - 1 || step < 1 || size < 1 || size > length || x.size(axis) - 1 > (length - size) / step) {
      throw new ShapeException("fold_windows: %s, axis %d, step %d: does not fit into %d", x, axis, step, length);
    }
    return List.of(x.with(x.shape().remove(-1).with(axis, length)));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) {
    // windows beyond the last whole one were never cut
    Spec in = pullback.in(0);
    pullback.give(0, () -> Trace.apply(new Windows(axis, in.size(-1), step), pullback.cotangent(0)).slice(axis, 0, in.size(
        axis)));
  }
}
