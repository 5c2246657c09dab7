package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import java.util.List;

/// One value everywhere, rounded to the type.
///
/// @param spec the kind of the result
/// @param value the value; integers up to 2^53 are exact
public record Fill(Spec spec, double value) implements Primitive {
  @Override
  public List<Spec> infer(List<Spec> in) {
    if (spec.dtype().isBlock()) throw new ShapeException("fill: %s: block types are made by quantize", spec);
    return List.of(spec);
  }
}
