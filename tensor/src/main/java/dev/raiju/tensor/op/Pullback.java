package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.function.Supplier;

/// What a gradient rule sees, and where it puts its results.
public interface Pullback {
  /// How many inputs the operation had.
  int inputs();

  /// The kind of input `index`.
  Spec in(int index);

  /// Tensor `index` of those that [Differentiable#saved] named.
  Tensor saved(int index);

  /// Whether anything depends on output `index`; if not, its gradient is zero.
  boolean has(int index);

  /// The gradient of output `index`, with that output's kind; zeros where nothing depends on it.
  Tensor cotangent(int index);

  /// Whether the gradient of input `index` is asked for.
  boolean wants(int index);

  /// Gives the gradient of input `index`. The supplier runs only if it is wanted.
  void give(int index, Supplier<Tensor> gradient);
}
