package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Rounds groups of neighbours on the last axis to small codes with one scale and bias a group, as MLX does:
/// the end of the group's range with the larger magnitude is met exactly, and zero is a code.
///
/// @param dtype a block type; scale and bias are rounded to its scale type when stored
public record Quantize(DType dtype) implements Primitive {
  /// @param x a float type; the last axis must be a multiple of the group
  public static Tensor quantize(Tensor x, DType dtype) { return Trace.apply(new Quantize(dtype), x); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    in.getFirst().with(dtype);
    if (dtype.isPacked()) throw new ShapeException("quantize: %s is not made by quantize; see Packed.pack", dtype);
    if (!dtype.isBlock()) throw new ShapeException("quantize: %s is no block type; use a cast", dtype);
    return List.of(in.getFirst().requireFloat("quantize").with(dtype));
  }
}
