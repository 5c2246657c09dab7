package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Steps one after the other, of which each lets go of what it took: frames at full width are what a decoder's memory is.
final class Steps {
  private Steps() {}

  /// What a step gives, and nothing else of what it made.
  static Tensor step(Supplier<Tensor> step) {
    try (Scope scope = Scope.open()) {
      return scope.keep(step.get());
    }
  }

  /// The same for a step that is the last one to need `x`, which is closed even if the step fails.
  static Tensor consume(Tensor x, UnaryOperator<Tensor> step) {
    try (x) {
      return step(() -> step.apply(x));
    }
  }
}
