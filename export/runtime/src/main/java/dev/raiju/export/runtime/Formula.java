package dev.raiju.export.runtime;

import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Formulas as JSON: `["in", 0]`, a number, `"inf"`, `["exp", x]`, `["add", a, b]`, `["select", condition, yes, no]`.
final class Formula {
  private static final String INPUT = "in";
  private static final String SELECT = "select";
  private static final int MOST_INPUTS = 64;

  private Formula() {}

  static Json write(Expr expr) {
    return switch (expr) {
      case Expr.Input(int index) -> Json.array(Json.of(INPUT), Json.of(index));
      case Expr.Constant(double value) -> number(value);
      case Expr.Unary(UnaryFunction function, Expr x) -> Json.array(label(function), write(x));
      case Expr.Binary(BinaryFunction function, Expr a, Expr b) -> Json.array(label(function), write(a), write(b));
      case Expr.Select(Expr c, Expr yes, Expr no) -> Json.array(Json.of(SELECT), write(c), write(yes), write(no));
    };
  }

  private static Json label(Enum<?> function) { return Json.of(function.name().toLowerCase(Locale.ROOT)); }

  /// JSON has no numbers that are not finite.
  static Json number(double value) {
    return Double.isFinite(value) ? Json.of(value) : Json.of(Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
  }

  static double number(Json json) {
    return switch (json) {
      case Json.Real(double value) -> value;
      case Json.Int(long value) -> value;
      case Json.Str(String text) -> switch (text) {
        case "inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        case "nan" -> Double.NaN;
        default -> throw new IllegalArgumentException("formula: " + text + " is no number");
      };
      default -> throw new IllegalArgumentException("formula: needs a number, or one of inf, -inf, nan");
    };
  }

  /// @throws IllegalArgumentException if it is none
  static Expr read(Json json) {
    if (!(json instanceof Json.Arr(List<Json> items))) return Expr.of(number(json));
    if (items.isEmpty() || !(items.getFirst() instanceof Json.Str(String function)))
      throw new IllegalArgumentException("formula: an array must begin with the name of a function");
    List<Json> arguments = items.subList(1, items.size());
    if (function.equals(INPUT)) return input(arguments);
    List<Expr> in = arguments.stream().map(Formula::read).toList();
    if (function.equals(SELECT) && in.size() == 3) return new Expr.Select(in.get(0), in.get(1), in.get(2));
    return switch (in.size()) {
      case 1 -> new Expr.Unary(named(UnaryFunction.values(), function), in.get(0));
      case 2 -> new Expr.Binary(named(BinaryFunction.values(), function), in.get(0), in.get(1));
      default -> throw new IllegalArgumentException("formula: " + function + " of " + in.size() + " values");
    };
  }

  private static Expr input(List<Json> arguments) {
    if (arguments.size() == 1 && arguments.getFirst() instanceof Json.Int(long index) && index >= 0 && index < MOST_INPUTS)
      return Expr.in((int) index);
    throw new IllegalArgumentException("formula: an input needs one number from 0 to " + (MOST_INPUTS - 1));
  }

  private static <F extends Enum<F>> F named(F[] functions, String label) {
    return Arrays.stream(functions).filter(f -> f.name().toLowerCase(Locale.ROOT).equals(label)).findFirst().orElseThrow(
        () -> new IllegalArgumentException("formula: no such function: " + label));
  }
}
