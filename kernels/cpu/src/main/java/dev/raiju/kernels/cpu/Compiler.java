package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Compiles a formula: equal parts are computed once, a product that is added or subtracted becomes one step, and registers are
/// used again as soon as nobody needs what they hold.
final class Compiler {
  // Numbers of slots while compiling. Inputs are counted from 0; where the others lie is known at the end.
  private static final int OUTPUT = Integer.MIN_VALUE;
  private static final int FIRST_CONSTANT = -1;
  private static final int FIRST_REGISTER = 1 << 20;

  private static final Expr ZERO = Expr.of(0);

  /// What some step gives. A number has one value for floats and one for integers.
  private record Value(Expr expr, boolean isWhole) {}

  private final List<DType> types;
  private final Map<Value, Integer> uses = new HashMap<>();
  private final Map<Value, Integer> slots = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Program.Constant> constants = new ArrayList<>();
  private final List<Integer> free = new ArrayList<>();
  private int registers;
  private boolean isWide;

  Compiler(List<DType> types) { this.types = types; }

  Program compile(Expr formula) {
    Value root = new Value(formula, isWhole(formula));
    count(root);
    finish(formula.type("elementwise", types), root.isWhole(), slot(root));
    return linked();
  }

  /// Writes the result. Where the last step gives the right type already, it writes the output itself.
  private void finish(DType type, boolean isWhole, int from) {
    if (isWhole) {
      steps.add(step((_, a, _, _, y, n) -> Wholes.store(type, a, y, n), OUTPUT, from));
    } else if (type != DType.F32) {
      steps.add(step((l, a, _, _, y, n) -> l.narrow(type, a, y, n), OUTPUT, from));
    } else if (!steps.isEmpty() && steps.getLast().to() == from) {
      steps.add(steps.removeLast().into(OUTPUT));
    } else {
      steps.add(step((_, a, _, _, y, n) -> Cells.copy(a, y, 4L * n), OUTPUT, from));
    }
  }

  private Program linked() {
    int first = types.size() + constants.size();
    List<Step> linked = steps.stream().map(step -> step.renamed(slot -> {
      if (slot == OUTPUT) return first + registers;
      if (slot <= FIRST_CONSTANT) return types.size() + FIRST_CONSTANT - slot;
      return slot >= FIRST_REGISTER ? first + slot - FIRST_REGISTER : slot;
    })).toList();
    return new Program(linked, types.size(), List.copyOf(constants), registers, isWide);
  }

  // ---- what is used how often

  private boolean isWhole(Expr expr) {
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

  /// The values that a value is computed from.
  private List<Value> operands(Value value) {
    var known = Activations.find(value.expr());
    if (known.isPresent()) return List.of(new Value(known.get().x(), false));
    if (isGeluGradient(value)) return List.of(new Value(Expr.in(0), false), new Value(Expr.in(1), false));
    return switch (value.expr()) {
      case Expr.Input _,Expr.Constant _ -> List.of();
      // true is 1 and false is 0, so that `not` is a comparison with 0
      case Expr.Unary(var function, Expr x) -> function == UnaryFunction.NOT
          ? List.of(new Value(x, false), new Value(ZERO, false))
          : List.of(new Value(x, value.isWhole()));
      case Expr.Binary(_, Expr a, Expr b) -> {
        // numbers alone take the type of what they meet
        boolean whole = value.isWhole() || isWhole(a) || isWhole(b);
        yield List.of(new Value(a, whole), new Value(b, whole));
      }
      case Expr.Select(Expr c, Expr a, Expr b) ->
        List.of(new Value(c, false), new Value(a, value.isWhole()), new Value(b, value.isWhole()));
    };
  }

  /// Whether a value is what the gradient of GELU is in training, which has a loop of its own.
  private static boolean isGeluGradient(Value value) {
    return !value.isWhole() && value.expr().equals(Elementwise.GELU_TANH_GRADIENT);
  }

  private void count(Value value) {
    isWide |= value.isWhole();
    if (uses.merge(value, 1, Integer::sum) == 1) operands(value).forEach(this::count);
  }

  // ---- steps

  /// Where a value is; the steps that compute it are added if they were not yet.
  private int slot(Value value) {
    Integer there = slots.get(value);
    if (there != null) return there;
    var known = Activations.find(value.expr());
    int slot = known.isPresent() ? activation(known.get().function(), value) : plain(value);
    slots.put(value, slot);
    return slot;
  }

  private int activation(Activation function, Value value) {
    return add(operands(value), (l, a, _, _, y, n) -> l.activation(function, a, y, n));
  }

  private int plain(Value value) {
    if (isGeluGradient(value)) return add(operands(value), (l, a, b, _, y, n) -> l.geluGradient(a, b, y, n));
    return switch (value.expr()) {
      case Expr.Input(int index) -> input(index);
      case Expr.Constant(double number) -> {
        constants.add(new Program.Constant(number, value.isWhole()));
        yield FIRST_CONSTANT - (constants.size() - 1);
      }
      case Expr.Unary(var function, _) -> unary(function, value);
      case Expr.Binary(var function, _, _) -> binary(function, value);
      case Expr.Select _ -> add(operands(value), value.isWhole()
          ? (_, a, b, c, y, n) -> Wholes.select(a, b, c, y, n)
          : (l, a, b, c, y, n) -> l.select(a, b, c, y, n));
    };
  }

  private int input(int index) {
    DType type = types.get(index);
    if (type == DType.F32) return index;
    int to = register();
    steps.add(step(type.isInteger()
        ? (_, a, _, _, y, n) -> Wholes.load(type, a, y, n)
        : (l, a, _, _, y, n) -> l.widen(type, a, y, n), to, index));
    return to;
  }

  private int unary(UnaryFunction function, Value value) {
    List<Value> operands = operands(value);
    if (value.isWhole()) return add(operands, (_, a, _, _, y, n) -> Wholes.unary(function, a, y, n));
    if (function == UnaryFunction.NOT) return add(operands, (l, a, b, _, y, n) -> l.binary(BinaryFunction.EQUAL, a, b, y, n));
    return add(operands, (l, a, _, _, y, n) -> l.unary(function, a, y, n));
  }

  private int binary(BinaryFunction function, Value value) {
    List<Value> operands = operands(value);
    Value first = operands.get(0);
    Value second = operands.get(1);
    if (value.isWhole()) return add(operands, (_, a, b, _, y, n) -> Wholes.binary(function, a, b, y, n));
    if (first.isWhole()) return add(operands, (_, a, b, _, y, n) -> Wholes.compare(function, a, b, y, n));
    if (function == BinaryFunction.ADD && isSingleProduct(first)) {
      return add(terms(first, second), (l, a, b, c, y, n) -> l.multiplyAdd(a, b, c, y, n));
    }
    if (function == BinaryFunction.ADD && isSingleProduct(second)) {
      return add(terms(second, first), (l, a, b, c, y, n) -> l.multiplyAdd(a, b, c, y, n));
    }
    if (function == BinaryFunction.SUBTRACT && isSingleProduct(second)) {
      return add(terms(second, first), (l, a, b, c, y, n) -> l.subtractProduct(a, b, c, y, n));
    }
    return add(operands, (l, a, b, _, y, n) -> l.binary(function, a, b, y, n));
  }

  /// Whether a value is a product that nobody else needs.
  private boolean isSingleProduct(Value value) {
    return !slots.containsKey(value) && uses.getOrDefault(value, 0) == 1
        && value.expr() instanceof Expr.Binary(var function, _, _) && function == BinaryFunction.MULTIPLY;
  }

  /// The factors of a product and what it is added to or subtracted from.
  private List<Value> terms(Value product, Value other) {
    List<Value> factors = operands(product);
    return List.of(factors.get(0), factors.get(1), other);
  }

  /// Adds a step on some values, which it may use for the last time.
  private int add(List<Value> operands, Step.Loop loop) {
    int[] from = operands.stream().mapToInt(this::slot).toArray();
    // values of 4 and of 8 bytes must not share a register while one is read and the other written
    int early = isWide ? register() : 0;
    operands.forEach(this::release);
    int to = isWide ? early : register();
    steps.add(step(loop, to, from));
    return to;
  }

  /// Operands that are missing are the first one again.
  private static Step step(Step.Loop loop, int to, int... from) {
    return new Step(loop, from[0], from[Math.min(1, from.length - 1)], from[from.length - 1], to);
  }

  private int register() { return free.isEmpty() ? FIRST_REGISTER + registers++ : free.removeLast(); }

  private void release(Value value) {
    int slot = slots.getOrDefault(value, 0);
    if (uses.merge(value, -1, Integer::sum) == 0 && slot >= FIRST_REGISTER) free.add(slot);
  }
}
