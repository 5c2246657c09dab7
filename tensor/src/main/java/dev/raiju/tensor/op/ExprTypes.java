package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import java.util.List;
import java.util.Optional;

/// The type rule of formulas. A bare constant has no type of its own.
final class ExprTypes {
  private ExprTypes() {}

  static Optional<DType> type(String op, Expr expr, List<DType> inputs) {
    return switch (expr) {
      case Expr.Input(int index) -> Optional.of(inputs.get(index));
      case Expr.Constant _ -> Optional.empty();
      case Expr.Unary(var function, Expr x) -> unary(op, function, type(op, x, inputs));
      case Expr.Binary(var function, Expr a, Expr b) -> binary(op, function, common(op, a, b, inputs));
      case Expr.Select(Expr c, Expr a, Expr b) -> {
        Optional<DType> condition = type(op, c, inputs);
        require(op, condition.orElse(DType.BOOL) == DType.BOOL, "a condition must be bool, got " + label(condition));
        yield common(op, a, b, inputs);
      }
    };
  }

  private static Optional<DType> unary(String op, Expr.UnaryFunction function, Optional<DType> x) {
    switch (function) {
      case NOT -> require(op, x.orElse(DType.BOOL) == DType.BOOL, "needs bool, got " + x.orElse(DType.BOOL));
      case NEGATE, ABS, SIGN -> require(op, x.isEmpty() || x.get().isFloat() || x.get().isInteger(), "needs numbers, got "
          + label(x));
      case FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF ->
        require(op, x.isEmpty() || x.get().isFloat(), "needs a float type, got " + x.map(DType::label).orElse(""));
    }
    return x;
  }

  private static Optional<DType> binary(String op, Expr.BinaryFunction function, Optional<DType> type) {
    return switch (function) {
      case ADD, SUBTRACT, MULTIPLY, MIN, MAX -> {
        require(op, type.isEmpty() || type.get().isFloat() || type.get().isInteger(), "needs numbers, got " + label(type));
        yield type;
      }
      case DIVIDE -> {
        require(op, type.isEmpty() || type.get().isFloat(), "needs a float type, got " + label(type));
        yield type;
      }
      case LESS, LESS_EQUAL, EQUAL -> {
        require(op, type.isEmpty() || type.get().kind() != DType.Kind.STORAGE && !type.get().isBlock(), "cannot compare " + label(
            type));
        yield Optional.of(DType.BOOL);
      }
      case AND, OR -> {
        require(op, type.orElse(DType.BOOL) == DType.BOOL, "needs bool, got " + label(type));
        yield Optional.of(DType.BOOL);
      }
    };
  }

  private static Optional<DType> common(String op, Expr x, Expr y, List<DType> inputs) {
    Optional<DType> a = type(op, x, inputs);
    Optional<DType> b = type(op, y, inputs);
    require(op, a.isEmpty() || b.isEmpty() || a.equals(b), "types differ: " + label(a) + " and " + label(b)
        + "; cast one of them");
    Optional<DType> common = a.or(() -> b);
    if (common.isPresent() && common.get().isInteger()) {
      requireWhole(op, x, common.get());
      requireWhole(op, y, common.get());
    }
    return common;
  }

  private static void requireWhole(String op, Expr x, DType type) {
    if (x instanceof Expr.Constant(double value))
      require(op, Math.abs(value) <= 0x1p53 && value == Math.rint(value), value + " is no " + type
          + "; cast the tensor to a float");
  }

  private static String label(Optional<DType> type) { return type.map(DType::label).orElse("a number"); }

  private static void require(String op, boolean holds, String problem) {
    if (!holds) throw new ShapeException("%s: %s", op, problem);
  }
}
