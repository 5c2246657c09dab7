package dev.raiju.tensor.reference;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Erf;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.List;

/// Formulas, element by element: floats and bools (1 and 0) in f64, integers in i64.
final class Formulas {
  private Formulas() {}

  static void run(Expr expr, List<Tensor> in, Tensor out) {
    List<DType> types = in.stream().map(Tensor::dtype).toList();
    double[][] doubles = new double[in.size()][];
    long[][] longs = new long[in.size()][];
    for (int i = 0; i < in.size(); i++) {
      Tensor t = in.get(i);
      long[] places = Values.places(t.layout().broadcast(out.shape()));
      doubles[i] = new double[places.length];
      longs[i] = new long[places.length];
      for (int k = 0; k < places.length; k++) {
        doubles[i][k] = Elements.getDouble(t.dtype(), Values.memory(t), places[k]);
        if (Values.isWhole(t.dtype())) longs[i][k] = Elements.getLong(t.dtype(), Values.memory(t), places[k]);
      }
    }
    int count = Math.toIntExact(out.shape().elements());
    if (Values.isWhole(out.dtype())) {
      long[] result = new long[count];
      for (int k = 0; k < count; k++) result[k] = new Element(types, doubles, longs, k).whole(expr);
      Values.store(result, out);
    } else {
      double[] result = new double[count];
      for (int k = 0; k < count; k++) result[k] = new Element(types, doubles, longs, k).real(expr);
      Values.store(result, out);
    }
  }

  /// The evaluation at one place.
  private record Element(List<DType> types, double[][] doubles, long[][] longs, int at) {
    private boolean isWhole(Expr expr) {
      return switch (expr) {
        case Expr.Input(int index) -> Values.isWhole(types.get(index));
        case Expr.Constant _ -> false;
        case Expr.Unary(_, Expr x) -> isWhole(x);
        case Expr.Binary(_, Expr a, Expr b) -> isWhole(a) || isWhole(b);
        case Expr.Select(_, Expr a, Expr b) -> isWhole(a) || isWhole(b);
      };
    }

    double real(Expr expr) {
      return switch (expr) {
        case Expr.Input(int index) -> doubles[index][at];
        case Expr.Constant(double value) -> value;
        case Expr.Unary(var function, Expr x) -> unary(function, real(x));
        case Expr.Binary(var function, Expr a, Expr b) -> isWhole(a) || isWhole(b)
            ? compare(function, whole(a), whole(b))
            : binary(function, real(a), real(b));
        case Expr.Select(Expr c, Expr a, Expr b) -> real(c) != 0 ? real(a) : real(b);
      };
    }

    long whole(Expr expr) {
      return switch (expr) {
        case Expr.Input(int index) -> longs[index][at];
        case Expr.Constant(double value) -> (long) value;
        case Expr.Unary(var function, Expr x) -> switch (function) {
          case NEGATE -> -whole(x);
          case ABS -> Math.abs(whole(x));
          case SIGN -> Long.signum(whole(x));
          case FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT -> throw new IllegalStateException(function
              + " of integers");
        };
        case Expr.Binary(var function, Expr a, Expr b) -> switch (function) {
          case ADD -> whole(a) + whole(b);
          case SUBTRACT -> whole(a) - whole(b);
          case MULTIPLY -> whole(a) * whole(b);
          case MIN -> Math.min(whole(a), whole(b));
          case MAX -> Math.max(whole(a), whole(b));
          case DIVIDE, LESS, LESS_EQUAL, EQUAL, AND, OR -> throw new IllegalStateException(function + " gives no integer");
        };
        case Expr.Select(Expr c, Expr a, Expr b) -> real(c) != 0 ? whole(a) : whole(b);
      };
    }
  }

  static double unary(UnaryFunction function, double x) {
    return switch (function) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case FLOOR -> Math.floor(x);
      case ROUND -> Math.rint(x);
      case SQRT -> Math.sqrt(x);
      case EXP -> StrictMath.exp(x);
      case LOG -> StrictMath.log(x);
      case SIN -> StrictMath.sin(x);
      case COS -> StrictMath.cos(x);
      case TANH -> StrictMath.tanh(x);
      case ERF -> Erf.erf(x);
      case NOT -> x != 0 ? 0 : 1;
    };
  }

  static double binary(BinaryFunction function, double a, double b) {
    return switch (function) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
      case LESS -> a < b ? 1 : 0;
      case LESS_EQUAL -> a <= b ? 1 : 0;
      case EQUAL -> a == b ? 1 : 0;
      case AND -> a != 0 && b != 0 ? 1 : 0;
      case OR -> a != 0 || b != 0 ? 1 : 0;
    };
  }

  private static double compare(BinaryFunction function, long a, long b) {
    return switch (function) {
      case LESS -> a < b ? 1 : 0;
      case LESS_EQUAL -> a <= b ? 1 : 0;
      case EQUAL -> a == b ? 1 : 0;
      case ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX, AND, OR -> throw new IllegalStateException(function
          + " of integers gives no bool");
    };
  }
}
