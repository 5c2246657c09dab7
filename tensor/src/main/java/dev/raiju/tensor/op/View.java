package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// The same memory under another layout. Costs nothing and never reaches a backend.
public sealed interface View extends Op, Differentiable permits Reshape, Permute, Slice, Broadcast, Windows {
  /// The layout of the result.
  ///
  /// @throws dev.raiju.tensor.ShapeException if the view does not fit
  Layout view(Layout in);

  /// The gradient of the input, whose kind is `in`.
  Tensor vjp(Spec in, Tensor cotangent);

  @Override
  default List<Spec> infer(List<Spec> in) {
    return List.of(in.getFirst().with(view(Layout.contiguous(in.getFirst().shape())).shape()));
  }

  @Override
  default Cost cost(List<Spec> in) { return Cost.NONE; }

  @Override
  default List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  default void vjp(Pullback pullback) { pullback.give(0, () -> vjp(pullback.in(0), pullback.cotangent(0))); }
}
