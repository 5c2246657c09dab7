package dev.raiju.kernels.conformance.cases;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Formulas drawn at random, as backends that print or compile them must take.
final class FormulaCases {
  private static final double[] CONSTANTS = {1, 0.5, -1.25, 2, 3, 0.044715};
  private static final List<UnaryFunction> SMOOTH = List.of(UnaryFunction.NEGATE, UnaryFunction.TANH, UnaryFunction.SIN,
      UnaryFunction.COS, UnaryFunction.ERF);
  private static final List<UnaryFunction> ANY = List.of(UnaryFunction.NEGATE, UnaryFunction.ABS, UnaryFunction.SIGN,
      UnaryFunction.FLOOR, UnaryFunction.ROUND, UnaryFunction.SQRT, UnaryFunction.EXP, UnaryFunction.LOG, UnaryFunction.SIN,
      UnaryFunction.COS, UnaryFunction.TANH, UnaryFunction.ERF);

  private FormulaCases() {}

  static OpCase any() { return row("formula", ANY, true); }

  /// Functions whose slopes stay small, so that gradients can be compared.
  static OpCase smooth() { return row("formula smooth", SMOOTH, false).gradient(Gradient.TWICE); }

  private static OpCase row(String name, List<UnaryFunction> functions, boolean all) {
    return OpCase.of(name, (c, type) -> {
      Shape shape = c.shape();
      int count = c.between(1, 3);
      Expr expr = tree(c, functions, all, count, c.between(1, 4));
      List<Value> inputs = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Shape own = i == 0 ? shape : c.stretchable(shape);
        // an input that the tree does not read may be of any type
        inputs.add((all ? c.wild(type, own) : c.uniform(type, -1.5, 1.5, own)).ofFreeType());
      }
      return Sample.of(in -> Elementwise.elementwise(name, expr, in.toArray(Tensor[]::new)), inputs.toArray(
          Value[]::new)).text(text(expr));
    });
  }

  private static Expr tree(Choices c, List<UnaryFunction> functions, boolean all, int inputs, int depth) {
    if (depth == 0) return Expr.in(c.pick(inputs));
    Expr a = tree(c, functions, all, inputs, depth - 1);
    int kind = c.pick(all ? 12 : 6);
    if (kind == 0) return a.apply(c.among(functions));
    if (kind == 1) return a.add(CONSTANTS[c.pick(CONSTANTS.length)]);
    if (kind == 2) return a.mul(CONSTANTS[c.pick(CONSTANTS.length)]);
    Expr b = tree(c, functions, all, inputs, c.pick(depth));
    return switch (kind) {
      case 3 -> a.add(b);
      case 4 -> a.sub(b);
      case 5 -> a.mul(b);
      case 6 -> a.div(b);
      case 7 -> a.min(b);
      case 8 -> a.max(b);
      case 9 -> Expr.select(a.less(b), a, b.negate());
      case 10 -> Expr.select(a.lessEqual(Expr.of(0.5)).and(b.equal(a).not()), b, a);
      default -> a.apply(c.among(functions));
    };
  }

  /// A formula in the usual notation.
  static String text(Expr expr) {
    return switch (expr) {
      case Expr.Input(int index) -> "x" + index;
      case Expr.Constant(double value) -> String.valueOf(value);
      case Expr.Unary(var function, Expr x) -> function.name().toLowerCase(Locale.ROOT) + "(" + text(x) + ")";
      case Expr.Binary(var function, Expr a, Expr b) -> function.name().toLowerCase(Locale.ROOT) + "(" + text(a) + ", "
          + text(
              b) + ")";
      case Expr.Select(Expr c, Expr a, Expr b) -> "(" + text(c) + " ? " + text(a) + " : " + text(b) + ")";
    };
  }

}
