package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import java.util.List;

/// A formula for one element: what an [Elementwise] op computes. A value, so that backends can print or compile it, chains can
/// be joined, and the derivative is again a formula.
///
/// Floating-point formulas are computed in f32 (f64 for f64 inputs) and rounded once at the end. Equal sub-formulas are equal
/// records: evaluate them once.
public sealed interface Expr {
  /// Input `index` of the op.
  record Input(int index) implements Expr {}

  /// A number, of whatever type it meets.
  record Constant(double value) implements Expr {}

  /// A function of one value.
  record Unary(UnaryFunction function, Expr x) implements Expr {}

  /// A function of two values of one type.
  record Binary(BinaryFunction function, Expr a, Expr b) implements Expr {}

  /// `yes` where the condition holds, else `no`.
  record Select(Expr condition, Expr yes, Expr no) implements Expr {}

  /// Functions of one value. `NOT` is for bool; `NEGATE`, `ABS` and `SIGN` for any number; the others for floats.
  enum UnaryFunction { NEGATE, ABS, SIGN, FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT }

  /// Functions of two values. Comparisons give bool; `AND` and `OR` are for bool; `DIVIDE` is for floats. `MIN` and `MAX` of a
  /// NaN are NaN.
  enum BinaryFunction { ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX, LESS, LESS_EQUAL, EQUAL, AND, OR }

  static Expr in(int index) { return new Input(index); }

  static Expr of(double value) { return new Constant(value); }

  static Expr select(Expr condition, Expr yes, Expr no) { return yes.equals(no) ? yes : new Select(condition, yes, no); }

  private boolean is(double value) { return this instanceof Constant(double v) && v == value; }

  default Expr add(Expr other) {
    if (this instanceof Constant(double a) && other instanceof Constant(double b)) return of(a + b);
    if (other.is(0)) return this;
    return is(0) ? other : new Binary(BinaryFunction.ADD, this, other);
  }

  default Expr sub(Expr other) {
    if (this instanceof Constant(double a) && other instanceof Constant(double b)) return of(a - b);
    if (other.is(0)) return this;
    return is(0) ? other.negate() : new Binary(BinaryFunction.SUBTRACT, this, other);
  }

  default Expr mul(Expr other) {
    if (this instanceof Constant(double a) && other instanceof Constant(double b)) return of(a * b);
    if (other.is(1)) return this;
    if (is(0) || other.is(0)) return of(0);
    return is(1) ? other : new Binary(BinaryFunction.MULTIPLY, this, other);
  }

  default Expr div(Expr other) { return other.is(1) || is(0) ? this : new Binary(BinaryFunction.DIVIDE, this, other); }

  default Expr add(double value) { return add(of(value)); }

  default Expr mul(double value) { return mul(of(value)); }

  default Expr min(Expr other) { return new Binary(BinaryFunction.MIN, this, other); }

  default Expr max(Expr other) { return new Binary(BinaryFunction.MAX, this, other); }

  default Expr less(Expr other) { return new Binary(BinaryFunction.LESS, this, other); }

  default Expr lessEqual(Expr other) { return new Binary(BinaryFunction.LESS_EQUAL, this, other); }

  default Expr equal(Expr other) { return new Binary(BinaryFunction.EQUAL, this, other); }

  default Expr and(Expr other) { return new Binary(BinaryFunction.AND, this, other); }

  default Expr or(Expr other) { return new Binary(BinaryFunction.OR, this, other); }

  default Expr apply(UnaryFunction function) { return new Unary(function, this); }

  default Expr negate() { return this instanceof Constant(double v) ? of(-v) : apply(UnaryFunction.NEGATE); }

  default Expr not() { return apply(UnaryFunction.NOT); }

  default Expr square() { return mul(this); }

  /// How many inputs the formula needs: one more than the largest index in it.
  default int inputs() {
    return switch (this) {
      case Input(int index) -> index + 1;
      case Constant _ -> 0;
      case Unary(_, Expr x) -> x.inputs();
      case Binary(_, Expr a, Expr b) -> Math.max(a.inputs(), b.inputs());
      case Select(Expr c, Expr a, Expr b) -> Math.max(c.inputs(), Math.max(a.inputs(), b.inputs()));
    };
  }

  /// Whether input `index` appears.
  default boolean reads(int index) {
    return switch (this) {
      case Input(int i) -> i == index;
      case Constant _ -> false;
      case Unary(_, Expr x) -> x.reads(index);
      case Binary(_, Expr a, Expr b) -> a.reads(index) || b.reads(index);
      case Select(Expr c, Expr a, Expr b) -> c.reads(index) || a.reads(index) || b.reads(index);
    };
  }

  /// This formula with other formulas in place of its inputs.
  default Expr substitute(List<Expr> inputs) {
    return switch (this) {
      case Input(int index) -> inputs.get(index);
      case Constant _ -> this;
      case Unary(var function, Expr x) -> new Unary(function, x.substitute(inputs));
      case Binary(var function, Expr a, Expr b) -> new Binary(function, a.substitute(inputs), b.substitute(inputs));
      case Select(Expr c, Expr a, Expr b) -> new Select(c.substitute(inputs), a.substitute(inputs), b.substitute(inputs));
    };
  }

  /// How many functions are applied to compute one element, shared parts counted each time.
  default int operations() {
    return switch (this) {
      case Input _,Constant _ -> 0;
      case Unary(_, Expr x) -> 1 + x.operations();
      case Binary(_, Expr a, Expr b) -> 1 + a.operations() + b.operations();
      case Select(Expr c, Expr a, Expr b) -> 1 + c.operations() + a.operations() + b.operations();
    };
  }

  /// The element type of the result for inputs of the given types.
  ///
  /// @throws ShapeException if types differ within a function, or a function is not for its type
  default DType type(String op, List<DType> inputs) {
    return ExprTypes.type(op, this, inputs).orElse(DType.F32);
  }

  /// The formula of the partial derivative with respect to input `index`. Comparisons, rounding and signs have derivative 0.
  default Expr derivative(int index) { return ExprDerivative.of(this, index); }
}
