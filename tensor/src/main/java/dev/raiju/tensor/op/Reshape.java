package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// The same elements in the same order under another shape. The input must lie so that no copy is needed.
public record Reshape(Shape shape) implements View {
  @Override
  public Layout view(Layout in) {
    return in.reshape(shape).orElseThrow(() -> new ShapeException("reshape: %s to %s: needs a copy first", in, shape));
  }

  @Override
  public Tensor vjp(Spec in, Tensor cotangent) { return cotangent.reshape(in.shape()); }
}
