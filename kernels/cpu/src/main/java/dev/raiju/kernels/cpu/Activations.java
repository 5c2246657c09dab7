package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.Optional;

/// Finds activation functions in formulas.
final class Activations {
  /// An activation and what it is applied to.
  record Known(Activation function, Expr x) {}

  private Activations() {}

  static Optional<Known> find(Expr expr) {
    return switch (expr) {
      case Expr.Binary(var function, Expr top, Expr.Binary(_, Expr.Unary(var exp, Expr.Unary(_, Expr x)), _)) when function == BinaryFunction.DIVIDE
          && exp == UnaryFunction.EXP -> quotient(expr, top, x);
      case Expr.Binary(_, Expr.Binary(_, Expr x, Expr.Constant _), Expr.Binary(_, Expr.Unary(var tanh, _), _)) when tanh == UnaryFunction.TANH
          && expr.equals(Elementwise.geluTanh(x)) -> Optional.of(new Known(Activation.GELU_TANH, x));
      default -> Optional.empty();
    };
  }

  private static Optional<Known> quotient(Expr expr, Expr top, Expr x) {
    if (top.equals(x) && expr.equals(Elementwise.silu(x))) return Optional.of(new Known(Activation.SILU, x));
    return expr.equals(Elementwise.sigmoid(x)) ? Optional.of(new Known(Activation.SIGMOID, x)) : Optional.empty();
  }
}
