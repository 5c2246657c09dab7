package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// Stretches axes of size 1, and adds axes in front, without copying.
public record Broadcast(Shape shape) implements View {
  @Override
  public Layout view(Layout in) { return in.broadcast(shape); }

  @Override
  public Tensor vjp(Spec in, Tensor cotangent) { return cotangent.sumTo(in.shape()); }
}
