package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// Converts to another element type. To a narrower float: round to nearest even. From a float to an integer: towards zero,
/// clamped to the range, NaN to 0. From an integer to a narrower one: the low bits. To bool: whether it is not 0.
public record Cast(DType dtype) implements Primitive, Differentiable {
  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (x.dtype().isBlock() || dtype.isBlock()) {
      throw new ShapeException("cast: %s to %s: block types are made by quantize and read by dequantize", x, dtype);
    }
    return List.of(x.with(dtype));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) {
    if (pullback.in(0).dtype().isFloat()) pullback.give(0, () -> pullback.cotangent(0).to(pullback.in(0).dtype()));
  }
}
