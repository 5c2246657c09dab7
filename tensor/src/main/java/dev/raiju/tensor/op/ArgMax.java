package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The place of the largest element along an axis, as i64; the first one of equals. A NaN counts as largest.
///
/// @param axis counted from the front
/// @param keepAxis whether the axis stays, with size 1
public record ArgMax(int axis, boolean keepAxis) implements Primitive {
  public static Tensor argMax(Tensor x, int axis, boolean keepAxis) {
    return Trace.apply(new ArgMax(x.shape().axis(axis), keepAxis), x);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (!x.dtype().isFloat() && !x.dtype().isInteger()) throw new ShapeException("arg_max: needs numbers, got %s", x);
    if (x.size(axis) == 0 && x.shape().remove(axis).elements() > 0)
      throw new ShapeException("arg_max: axis %d of %s is empty", axis, x);
    return List.of(new Spec(DType.I64, x.shape().reduce(keepAxis, axis)));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(in.getFirst().shape().elements(), in, infer(in)); }
}
