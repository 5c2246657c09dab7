package dev.raiju.training.optim;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.SquaredLengths;
import java.util.Collection;

/// The length of all gradients taken as one vector.
public final class GradientNorm {
  private GradientNorm() {}

  /// `sqrt(Σ g²)`; NaN or infinite if any gradient is.
  public static double of(Collection<Tensor> gradients) {
    if (gradients.isEmpty()) return 0;
    try (Scope scope = Scope.open()) {
      return of(SquaredLengths.squaredLengths(gradients).toDoubles());
    }
  }

  /// The length of all, from the squared length of each.
  public static double of(double[] squares) {
    double total = 0;
    for (double square : squares) total += square;
    return Math.sqrt(total);
  }

  /// The factor that brings gradients of length `norm` down to at most `limit`.
  public static double clip(double norm, double limit) { return norm > limit ? limit / (norm + 1e-6) : 1; }
}
