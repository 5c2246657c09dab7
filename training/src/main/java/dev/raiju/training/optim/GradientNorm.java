package dev.raiju.training.optim;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.Collection;

/// The length of all gradients taken as one vector.
public final class GradientNorm {
  private GradientNorm() {}

  /// `sqrt(Σ g²)`; NaN or infinite if any gradient is.
  public static double of(Collection<Tensor> gradients) {
    double total = 0;
    for (Tensor g : gradients) {
      try (Scope scope = Scope.open()) {
        total += g.square().sum().item();
      }
    }
    return Math.sqrt(total);
  }

  /// The factor that brings gradients of length `norm` down to at most `limit`.
  public static double clip(double norm, double limit) { return norm > limit ? limit / (norm + 1e-6) : 1; }
}
