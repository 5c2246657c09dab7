package dev.raiju.tensor.op;

import dev.raiju.tensor.Tensor;

/// Losses that are plain compositions of other ops.
public final class Losses {
  private Losses() {}

  /// The mean squared difference over all elements, a scalar.
  public static Tensor mse(Tensor a, Tensor b) {
    return Elementwise.elementwise("squared_difference", Expr.in(0).sub(Expr.in(1)).square(), a, b).mean();
  }

  /// Minus the log of the probability that softmax gives to the right class.
  ///
  /// @param logits `[…, C]`, a float type
  /// @param classes `[…]`, i32 or i64
  /// @return `[…]`: the loss of each example
  public static Tensor crossEntropy(Tensor logits, Tensor classes) {
    Tensor right = TakeAlong.takeAlong(logits, -1, classes.unsqueeze(-1));
    return LogSumExp.logSumExp(logits, true, -1).sub(right).reshape(classes.shape());
  }
}
