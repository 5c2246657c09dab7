package dev.raiju.tensor.op;

import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Derivatives of formulas, by the chain rule.
final class ExprDerivative {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  private ExprDerivative() {}

  static Expr of(Expr expr, int index) {
    return switch (expr) {
      case Expr.Input(int i) -> Expr.of(i == index ? 1 : 0);
      case Expr.Constant _ -> Expr.of(0);
      case Expr.Unary(UnaryFunction function, Expr x) -> {
        Expr inner = of(x, index);
        yield inner.equals(Expr.of(0)) ? inner : unary(function, expr, x).mul(inner);
      }
      case Expr.Binary(BinaryFunction function, Expr a, Expr b) -> binary(function, expr, a, b, of(a, index), of(b, index));
      case Expr.Select(Expr c, Expr a, Expr b) -> Expr.select(c, of(a, index), of(b, index));
    };
  }

  private static Expr unary(UnaryFunction function, Expr y, Expr x) {
    return switch (function) {
      case NEGATE -> Expr.of(-1);
      case ABS -> x.apply(UnaryFunction.SIGN);
      case SIGN, FLOOR, ROUND, NOT -> Expr.of(0);
      case SQRT -> Expr.of(0.5).div(y);
      case EXP -> y;
      case LOG -> Expr.of(1).div(x);
      case SIN -> x.apply(UnaryFunction.COS);
      case COS -> x.apply(UnaryFunction.SIN).negate();
      case TANH -> Expr.of(1).sub(y.square());
      case ERF -> x.square().negate().apply(UnaryFunction.EXP).mul(TWO_OVER_SQRT_PI);
    };
  }

  private static Expr binary(BinaryFunction function, Expr y, Expr a, Expr b, Expr da, Expr db) {
    return switch (function) {
      case ADD -> da.add(db);
      case SUBTRACT -> da.sub(db);
      case MULTIPLY -> da.mul(b).add(a.mul(db));
      // y' = (a' - y b') / b
      case DIVIDE -> da.sub(y.mul(db)).div(b);
      case MAX -> pick(b.less(a), a.equal(b), da, db);
      case MIN -> pick(a.less(b), a.equal(b), da, db);
      case LESS, LESS_EQUAL, EQUAL, AND, OR -> Expr.of(0);
    };
  }

  /// `da` where `first` holds, half of each where both are equal, else `db`.
  private static Expr pick(Expr first, Expr equal, Expr da, Expr db) {
    return Expr.select(first, da, Expr.select(equal, da.add(db).mul(0.5), db));
  }
}
