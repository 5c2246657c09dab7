package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import java.util.List;

/// The numbers 0, 1, 2, … of an integer or float type.
public record Iota(DType dtype, long count) implements Primitive {
  @Override
  public List<Spec> infer(List<Spec> in) {
    if (!dtype.isFloat() && !dtype.isInteger()) throw new ShapeException("iota: %s: needs an integer or float type", dtype);
    return List.of(Spec.of(dtype, count));
  }
}
