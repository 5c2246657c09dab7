package dev.raiju.kernels.conformance;

import dev.raiju.tensor.Erf;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// The value of a formula at one place and how far an f32 computation of it may be off: each function adds its own rounding to
/// what reaches it from its arguments, to first order.
///
/// Where rounding decides a comparison or a step, or an intermediate value is beyond f32, the bound is infinite: nothing can be said.
///
/// @param value in f64
/// @param bound the largest error, of both signs
record FormulaError(double value, double bound) {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
  // products of two errors, left out by the first order
  private static final double SECOND_ORDER = 1.01;
  private static final double HALF_UNIT = 0.5;

  /// @param ulps the error of one function other than sums, differences and products
  static FormulaError of(Expr expr, double[] inputs, double ulps) {
    return switch (expr) {
      case Expr.Input(int index) -> new FormulaError(inputs[index], 0);
      // held in f32
      case Expr.Constant(double value) -> rounded(value, 0, HALF_UNIT);
      case Expr.Unary(var function, Expr x) -> unary(function, part(x, inputs, ulps), ulps);
      case Expr.Binary(var function, Expr a, Expr b) -> binary(function, part(a, inputs, ulps), part(b, inputs, ulps), ulps);
      case Expr.Select(Expr c, Expr a, Expr b) -> {
        FormulaError condition = part(c, inputs, ulps);
        FormulaError chosen = of(condition.value != 0 ? a : b, inputs, ulps);
        yield condition.bound == 0 ? chosen : unknown(chosen.value);
      }
    };
  }

  private static FormulaError part(Expr expr, double[] inputs, double ulps) {
    FormulaError part = of(expr, inputs, ulps);
    boolean beyond = Math.abs(part.value) + part.bound >= Float.MAX_VALUE && !(expr instanceof Expr.Input) && !Double.isInfinite(
        part.value);
    return beyond ? unknown(part.value) : part;
  }

  private static FormulaError unknown(double value) { return new FormulaError(value, Double.POSITIVE_INFINITY); }

  /// A result that f32 rounds by `ulps` units.
  private static FormulaError rounded(double value, double carried, double ulps) {
    if (Double.isNaN(value) || Double.isInfinite(value))
      return new FormulaError(value, carried > 0 ? Double.POSITIVE_INFINITY : 0);
    double magnitude = Math.abs(value);
    return new FormulaError(value, SECOND_ORDER * carried + ulps * Math.ulp((float) Math.min(magnitude, Float.MAX_VALUE)));
  }

  /// A value that needs no rounding of its own.
  private static FormulaError exact(double value, double carried) { return rounded(value, carried, 0); }

  private static FormulaError unary(UnaryFunction function, FormulaError x, double ulps) {
    double v = x.value;
    double e = x.bound;
    return switch (function) {
      case NEGATE -> new FormulaError(-v, e);
      case ABS -> new FormulaError(Math.abs(v), e);
      case NOT -> new FormulaError(v != 0 ? 0 : 1, e);
      case SIGN -> Math.abs(v) <= e && e > 0 ? unknown(v) : new FormulaError(Math.signum(v), 0);
      case FLOOR -> step(Math.floor(v), Math.floor(v - e), Math.floor(v + e));
      case ROUND -> step(Math.rint(v), Math.rint(v - e), Math.rint(v + e));
      case SQRT -> v <= e && e > 0 ? unknown(v) : rounded(Math.sqrt(v), e == 0 ? 0 : e / (2 * Math.sqrt(v)), ulps);
      case EXP -> rounded(Math.exp(v), carried(Math.exp(v), e), ulps);
      case LOG -> v <= e && e > 0 ? unknown(v) : rounded(Math.log(v), e == 0 ? 0 : e / v, ulps);
      case SIN -> rounded(Math.sin(v), e, ulps);
      case COS -> rounded(Math.cos(v), e, ulps);
      case TANH -> rounded(Math.tanh(v), carried(1 - Math.tanh(v) * Math.tanh(v) + e, e), ulps);
      case ERF -> rounded(Erf.erf(v), carried(TWO_OVER_SQRT_PI, e), ulps);
    };
  }

  /// A slope times an error, 0 where there is none even if the slope is infinite.
  private static double carried(double slope, double e) { return e == 0 ? 0 : slope * e; }

  private static FormulaError step(double value, double below, double above) {
    return below == above || Double.isNaN(value) || Double.isInfinite(value) ? new FormulaError(value, 0) : unknown(value);
  }

  private static FormulaError binary(BinaryFunction function, FormulaError x, FormulaError y, double ulps) {
    double a = x.value;
    double b = y.value;
    double ea = x.bound;
    double eb = y.bound;
    return switch (function) {
      case ADD -> rounded(a + b, ea + eb, HALF_UNIT);
      case SUBTRACT -> rounded(a - b, ea + eb, HALF_UNIT);
      case MULTIPLY -> rounded(a * b, carried(Math.abs(b), ea) + carried(Math.abs(a), eb) + carried(ea, eb), HALF_UNIT);
      case DIVIDE -> Math.abs(b) <= eb && eb > 0
          ? unknown(a / b)
          : rounded(a / b, (ea + carried(Math.abs(a / b), eb)) / (Math.abs(b) - eb), ea + eb == 0 ? ulps : ulps + HALF_UNIT);
      case MIN -> exact(Math.min(a, b), Math.max(ea, eb));
      case MAX -> exact(Math.max(a, b), Math.max(ea, eb));
      case LESS -> compared(a < b, x, y);
      case LESS_EQUAL -> compared(a <= b, x, y);
      case EQUAL -> compared(a == b, x, y);
      case AND -> new FormulaError(a != 0 && b != 0 ? 1 : 0, ea + eb);
      case OR -> new FormulaError(a != 0 || b != 0 ? 1 : 0, ea + eb);
    };
  }

  private static FormulaError compared(boolean holds, FormulaError x, FormulaError y) {
    double e = x.bound + y.bound;
    boolean certain = e == 0 || Math.abs(x.value - y.value) > e || Double.isNaN(x.value) || Double.isNaN(y.value);
    return certain ? new FormulaError(holds ? 1 : 0, 0) : unknown(holds ? 1 : 0);
  }
}
