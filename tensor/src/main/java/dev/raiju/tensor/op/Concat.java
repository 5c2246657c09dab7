package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Tensors one after the other along an axis.
///
/// @param axis counted from the front
public record Concat(int axis) implements Primitive, Differentiable {
  /// @throws ShapeException if there is none, or types or other sizes differ
  public static Tensor concat(int axis, Tensor... parts) {
    if (parts.length == 0) throw new ShapeException("concat: nothing to join");
    return Trace.apply(new Concat(parts[0].shape().axis(axis)), parts);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec first = in.getFirst();
    if (first.dtype().isBlock()) throw new ShapeException("concat: %s: block types are not joined", first);
    long total = 0;
    for (Spec part : in) {
      part.requireSameType("concat", first).requireRank("concat", first.rank());
      if (!part.shape().with(axis, 0).equals(first.shape().with(axis, 0))) {
        throw new ShapeException("concat: sizes differ beside axis %d: %s and %s", axis, first.shape(), part.shape());
      }
      total += part.size(axis);
    }
    return List.of(first.with(first.shape().with(axis, total)));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) {
    long start = 0;
    for (int i = 0; i < pullback.inputs(); i++) {
      long from = start;
      long size = pullback.in(i).size(axis);
      pullback.give(i, () -> pullback.cotangent(0).slice(axis, from, size));
      start += size;
    }
  }
}
