package dev.raiju.training.recipe;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;

/// The cross entropy of many independent yes-or-no labels.
final class LabelLoss {
  /// `max(z, 0) - z t + log(1 + e^-|z|)`: of a score and a truth.
  private static final Expr CROSS_ENTROPY = crossEntropy();

  private LabelLoss() {}

  private static Expr crossEntropy() {
    Expr z = Expr.in(0);
    Expr rest = z.apply(Expr.UnaryFunction.ABS).mul(-1).apply(Expr.UnaryFunction.EXP).add(1).apply(Expr.UnaryFunction.LOG);
    return z.max(Expr.of(0)).sub(z.mul(Expr.in(1))).add(rest);
  }

  /// @param scores before the logistic function
  /// @param truths of the same shape, 0 or 1
  /// @return of every label, in that shape
  static Tensor of(Tensor scores, Tensor truths) {
    return Elementwise.elementwise("cross_entropy", CROSS_ENTROPY, scores, truths);
  }
}
