package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The values of a block-quantised or packed tensor: `scale · code + bias`, in f32, rounded once to the result's type.
///
/// @param dtype a float type
public record Dequantize(DType dtype) implements Primitive {
  public static Tensor dequantize(Tensor x, DType dtype) { return Trace.apply(new Dequantize(dtype), x); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (!x.dtype().isBlock()) throw new ShapeException("dequantize: needs a block type, got %s", x);
    return List.of(x.with(dtype).requireFloat("dequantize"));
  }
}
