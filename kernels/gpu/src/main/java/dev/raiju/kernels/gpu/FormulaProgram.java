package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A formula as steps for the machine in `formula.cu`: equal parts are computed once, and a slot is used again as soon as nobody
/// needs what it holds.
///
/// @param steps what to do, as the kernel reads it
/// @param constants integers that steps name
/// @param result the slot of the result
/// @param resultIsWhole whether that is one of the integer slots
/// @param usesWholes whether any step touches an integer slot
record FormulaProgram(List<Long> steps, List<Long> constants, int result, boolean resultIsWhole, boolean usesWholes) {
  static final int MOST_INPUTS = 8;
  static final int MOST_STEPS = 192;
  static final int MOST_CONSTANTS = 16;
  private static final int SLOTS = 24;
  private static final int WHOLE_SLOTS = 8;

  /// The machine's steps, in the order of `FormulaStep` in `formula.cu`.
  private enum Step {
    CONSTANT, LOAD, NEGATE, ABS, SIGN, FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT, ADD, SUBTRACT, MULTIPLY, DIVIDE,
    MIN, MAX, LESS, LESS_EQUAL, EQUAL, AND, OR, SELECT, WHOLE_CONSTANT, WHOLE_LOAD, WHOLE_NEGATE, WHOLE_ABS, WHOLE_SIGN,
    WHOLE_ADD, WHOLE_SUBTRACT, WHOLE_MULTIPLY, WHOLE_MIN, WHOLE_MAX, WHOLE_LESS, WHOLE_LESS_EQUAL, WHOLE_EQUAL, WHOLE_SELECT;

    static Step of(Enum<?> function, boolean isWhole) { return valueOf((isWhole ? "WHOLE_" : "") + function.name()); }
  }

  /// The program of a formula on inputs of these types, unless it is too long or needs too many slots.
  static Optional<FormulaProgram> compile(Expr formula, List<DType> types) {
    if (types.size() > MOST_INPUTS) return Optional.empty();
    var compilation = new Compilation(types);
    Value root = new Value(formula, compilation.isWhole(formula));
    compilation.count(root);
    int slot = compilation.slot(root);
    boolean fits = compilation.steps.size() <= MOST_STEPS && compilation.constants.size() <= MOST_CONSTANTS
        && compilation.floats.used <= SLOTS && compilation.wholes.used <= WHOLE_SLOTS;
    return fits
        ? Optional.of(new FormulaProgram(List.copyOf(compilation.steps), List.copyOf(compilation.constants), slot, root.isWhole(),
            compilation.wholes.used > 0))
        : Optional.empty();
  }

  /// What some step gives. A number has one value for floats and one for integers.
  private record Value(Expr expr, boolean isWhole) {}

  private static final class Slots {
    private final List<Integer> free = new ArrayList<>();
    private int used;

    int take() { return free.isEmpty() ? used++ : free.removeLast(); }
  }

  private static final class Compilation {
    private final List<DType> types;
    private final List<Long> steps = new ArrayList<>();
    private final List<Long> constants = new ArrayList<>();
    private final Map<Value, Integer> uses = new HashMap<>();
    private final Map<Value, Integer> held = new HashMap<>();
    private final Slots floats = new Slots();
    private final Slots wholes = new Slots();

    Compilation(List<DType> types) { this.types = types; }

    boolean isWhole(Expr expr) {
      return switch (expr) {
        case Expr.Input(int index) -> types.get(index).isInteger();
        case Expr.Constant _ -> false;
        case Expr.Unary(_, Expr x) -> isWhole(x);
        case Expr.Binary(var function, Expr a, Expr b) -> !givesBool(function) && (isWhole(a) || isWhole(b));
        case Expr.Select(_, Expr a, Expr b) -> isWhole(a) || isWhole(b);
      };
    }

    private static boolean givesBool(BinaryFunction function) {
      return switch (function) {
        case LESS, LESS_EQUAL, EQUAL, AND, OR -> true;
        case ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX -> false;
      };
    }

    /// What a value is computed from, in the order in which the machine's step names them.
    private List<Value> operands(Value value) {
      return switch (value.expr()) {
        case Expr.Input _,Expr.Constant _ -> List.of();
        case Expr.Unary(_, Expr x) -> List.of(new Value(x, value.isWhole()));
        case Expr.Binary(_, Expr a, Expr b) -> {
          boolean whole = isWhole(a) || isWhole(b);
          yield List.of(new Value(a, whole), new Value(b, whole));
        }
        case Expr.Select(Expr c, Expr a, Expr b) -> List.of(new Value(c, false), new Value(a, value.isWhole()), new Value(b, value
            .isWhole()));
      };
    }

    void count(Value value) {
      if (uses.merge(value, 1, Integer::sum) == 1) operands(value).forEach(this::count);
    }

    int slot(Value value) {
      Integer known = held.get(value);
      if (known != null) return known;
      List<Value> operands = operands(value);
      List<Integer> from = operands.stream().map(this::slot).toList();
      operands.forEach(this::used);
      int to = (value.isWhole() ? wholes : floats).take();
      held.put(value, to);
      steps.add(step(value, to, from));
      return to;
    }

    private void used(Value value) {
      if (uses.merge(value, -1, Integer::sum) > 0) return;
      (value.isWhole() ? wholes : floats).free.add(held.get(value));
    }

    private long step(Value value, int to, List<Integer> from) {
      return switch (value.expr()) {
        case Expr.Input(int index) -> encode(value.isWhole() ? Step.WHOLE_LOAD : Step.LOAD, to, index);
        case Expr.Constant(double number) -> {
          if (!value.isWhole()) yield encode(Step.CONSTANT, to) | (long) Float.floatToRawIntBits((float) number) << 32;
          constants.add((long) number);
          yield encode(Step.WHOLE_CONSTANT, to, constants.size() - 1);
        }
        case Expr.Unary(UnaryFunction function, _) -> encode(Step.of(function, value.isWhole()), to, from.get(0));
        case Expr.Binary(BinaryFunction function, Expr a, Expr b) -> encode(Step.of(function, isWhole(a) || isWhole(b)), to, from
            .get(0), from.get(1));
        case Expr.Select _ -> encode(value.isWhole() ? Step.WHOLE_SELECT : Step.SELECT, to, from.get(0), from.get(1), from.get(
            2));
      };
    }

    private static long encode(Step step, int to, int... operands) {
      long code = step.ordinal() | (long) to << 8;
      for (int i = 0; i < operands.length; i++) code |= (long) operands[i] << 16 + 8 * i;
      return code;
    }
  }
}
