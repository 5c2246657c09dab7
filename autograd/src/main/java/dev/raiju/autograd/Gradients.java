package dev.raiju.autograd;

import dev.raiju.tensor.Tensor;
import java.util.Collection;
import java.util.Map;

/// Gradients by the tensor they belong to. They belong to the scope in which they were asked for.
public final class Gradients {
  private final Map<Long, Tensor> byId;

  Gradients(Map<Long, Tensor> byId) { this.byId = byId; }

  /// The gradient with respect to `t`, of the kind of `t`.
  ///
  /// @throws IllegalArgumentException if it was not asked for
  public Tensor of(Tensor t) {
    Tensor gradient = byId.get(t.id());
    if (gradient == null)
      throw new IllegalArgumentException("gradients: none was asked for with respect to this tensor: " + t.spec());
    return gradient;
  }

  Collection<Tensor> tensors() { return byId.values(); }
}
