package dev.raiju.tensor.op;

import dev.raiju.tensor.Tensor;
import java.util.List;

/// An operation with a gradient rule of its own.
///
/// The rule is written in ops, so that it runs on every backend and can itself be differentiated.
public interface Differentiable {
  /// What [#vjp] will read: chosen from the inputs and outputs. Nothing else is kept.
  List<Tensor> saved(List<Tensor> in, List<Tensor> out);

  /// The vector-Jacobian product: from the gradients of the outputs to those of the inputs.
  void vjp(Pullback pullback);
}
