package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Adds a value before, after and between the elements along one axis.
///
/// @param axis counted from the front
/// @param before how many in front
/// @param after how many behind
/// @param between how many between two neighbours
/// @param value what is added
public record Pad(int axis, long before, long after, long between, double value) implements Primitive, Differentiable {
  public static Tensor pad(Tensor x, int axis, long before, long after, long between, double value) {
    return Trace.apply(new Pad(x.shape().axis(axis), before, after, between, value), x);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (x.dtype().isBlock()) throw new ShapeException("pad: %s: block types are not padded", x);
    if (before < 0 || after < 0 || between < 0) {
      throw new ShapeException("pad: before %d, after %d, between %d: must not be negative; use slice to cut", before, after,
          between);
    }
    return List.of(x.with(x.shape().with(axis, padded(x.size(axis)))));
  }

  private long padded(long size) {
    try {
      long spread = Math.addExact(size, Math.multiplyExact(Math.max(0, size - 1), between));
      return Math.addExact(Math.addExact(before, spread), after);
    } catch (ArithmeticException e) {
      throw new ShapeException("pad: before %d, after %d, between %d: an axis of %d becomes too long", before, after, between,
          size);
    }
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) {
    long size = pullback.in(0).size(axis);
    pullback.give(0, () -> Trace.apply(new Slice(axis, before, size, between + 1), pullback.cotangent(0)));
  }
}
