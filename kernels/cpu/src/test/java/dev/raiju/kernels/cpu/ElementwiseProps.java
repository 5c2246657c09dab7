package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Random formulas on random layouts. Inputs are small whole numbers and formulas shallow, so that nothing is rounded before the
/// end, and results must be equal.
final class ElementwiseProps {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F32, DType.F16, DType.BF16, DType.I32, DType.I64, DType.I8);

  @Property(tries = 400)
  void matchesTheNaiveEvaluation(@ForAll long seed) {
    Random random = new Random(seed);
    DType type = TYPES.get(random.nextInt(TYPES.size()));
    long[] sizes = random.longs(random.nextInt(5), 0, 7).map(s -> s == 6 ? 37 : s).toArray();
    List<Input> inputs = IntStream.range(0, 3).mapToObj(i -> Input.random(random, sizes, i == 0)).toList();
    Expr formula = formula(random, 2, inputs.size(), type.isFloat());
    Expr whole = Expr.in(0).add(formula).sub(Expr.in(1)).max(Expr.in(2));
    double[] want = java.util.Arrays.stream(naive(whole, inputs, Shape.of(sizes))).map(v -> stored(type, v)).toArray();
    for (var device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor[] in = inputs.stream().map(i -> i.view(Fixtures.tensor(device, i.values, i.stored).to(type))).toArray(
            Tensor[]::new);
        Tensor got = Elementwise.elementwise("formula", whole, in);
        assertEquals(Shape.of(sizes), got.shape());
        assertArrayEquals(want, unsigned(got), whole.toString());
      }
    }
  }

  @Property(tries = 100)
  void comparisonsGiveBools(@ForAll long seed) {
    Random random = new Random(seed);
    DType type = TYPES.get(random.nextInt(TYPES.size()));
    long[] sizes = {1 + random.nextInt(5), 1 + random.nextInt(40)};
    List<Input> inputs = IntStream.range(0, 2).mapToObj(i -> Input.random(random, sizes, i == 0)).toList();
    Expr a = Expr.in(0);
    Expr b = Expr.in(1);
    Expr formula = a.less(b).or(a.equal(b).and(b.lessEqual(Expr.of(0)).not()));
    double[] want = naive(formula, inputs, Shape.of(sizes));
    for (var device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor[] in = inputs.stream().map(i -> i.view(Fixtures.tensor(device, i.values, i.stored).to(type))).toArray(
            Tensor[]::new);
        Tensor got = Elementwise.elementwise("formula", formula, in);
        assertEquals(DType.BOOL, got.dtype());
        assertArrayEquals(want, got.toDoubles());
        Tensor chosen = Elementwise.where(got, in[0], in[1]);
        double[] first = naive(a, inputs, Shape.of(sizes));
        double[] second = naive(b, inputs, Shape.of(sizes));
        for (int i = 0; i < want.length; i++) assertEquals(want[i] != 0 ? first[i] : second[i], chosen.toDoubles()[i]);
      }
    }
  }

  /// What a value becomes in the type of the result.
  private static double stored(DType type, double value) {
    return switch (type) {
      case BF16 -> Narrow.fromBf16(Narrow.toBf16(value)) + 0.0;
      case I8 -> (byte) value;
      default -> value;
    };
  }

  /// Values without the sign of zeros.
  private static double[] unsigned(Tensor t) { return java.util.Arrays.stream(t.toDoubles()).map(v -> v + 0.0).toArray(); }

  /// Values of an input and how they are seen: stored with axes in another order, with every second element of one axis, and
  /// with broadcast axes.
  private record Input(float[] values, long[] stored, int[] order, int stepped) {
    static Input random(Random random, long[] sizes, boolean isFull) {
      int rank = sizes.length;
      List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
      if (random.nextBoolean()) java.util.Collections.shuffle(axes, random);
      int stepped = rank > 0 && random.nextInt(3) == 0 ? random.nextInt(rank) : -1;
      long[] stored = new long[rank];
      for (int i = 0; i < rank; i++) {
        int axis = axes.get(i);
        stored[i] = !isFull && random.nextInt(4) == 0 ? 1 : axis == stepped ? 2 * sizes[axis] : sizes[axis];
      }
      float[] values = new float[(int) Shape.of(stored).elements()];
      for (int i = 0; i < values.length; i++) values[i] = random.nextInt(7) - 3;
      return new Input(values, stored, axes.stream().mapToInt(Integer::intValue).toArray(), stepped);
    }

    private boolean isStepped(int place) { return order[place] == stepped && stored[place] > 1; }

    Tensor view(Tensor t) {
      int[] back = new int[order.length];
      for (int i = 0; i < order.length; i++) back[order[i]] = i;
      Tensor seen = t;
      for (int i = 0; i < order.length; i++) {
        if (isStepped(i)) seen = seen.slice(i, 1, stored[i] / 2, 2);
      }
      return order.length == 0 ? seen : seen.permute(back);
    }

    /// The value at a multi-index of the full shape.
    double at(long[] index) {
      long place = 0;
      for (int i = 0; i < order.length; i++) {
        long here = stored[i] == 1 ? 0 : isStepped(i) ? 2 * index[order[i]] + 1 : index[order[i]];
        place = place * stored[i] + here;
      }
      return values[(int) place];
    }
  }

  private static Expr formula(Random random, int depth, int inputs, boolean isFloat) {
    if (depth == 0) return random.nextInt(5) == 0 ? Expr.of(random.nextInt(5) - 2) : Expr.in(random.nextInt(inputs));
    Expr a = formula(random, depth - 1, inputs, isFloat);
    Expr b = formula(random, depth - 1, inputs, isFloat);
    return switch (random.nextInt(isFloat ? 12 : 10)) {
      case 0 -> a.add(b);
      case 1 -> a.sub(b);
      case 2, 3 -> a.mul(b);
      case 4 -> a.min(b);
      case 5 -> a.max(b);
      case 6 -> a.apply(UnaryFunction.ABS);
      case 7 -> a.apply(UnaryFunction.SIGN);
      case 8 -> Expr.select(a.less(b), b, Expr.in(0));
      case 9 -> a.negate().mul(a).add(b.mul(b));
      case 10 -> a.mul(Expr.of(0.5)).apply(UnaryFunction.FLOOR);
      default -> a.mul(Expr.of(0.5)).apply(UnaryFunction.ROUND);
    };
  }

  private static double[] naive(Expr formula, List<Input> inputs, Shape shape) {
    double[] values = new double[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      long[] index = new long[shape.rank()];
      long rest = i;
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        index[axis] = rest % shape.size(axis);
        rest /= shape.size(axis);
      }
      // so that a zero has no sign
      values[i] = naive(formula, inputs, index) + 0.0;
    }
    return values;
  }

  private static double naive(Expr formula, List<Input> inputs, long[] index) {
    return switch (formula) {
      case Expr.Input(int i) -> inputs.get(i).at(index);
      case Expr.Constant(double value) -> value;
      case Expr.Unary(var f, Expr x) -> {
        double v = naive(x, inputs, index);
        yield switch (f) {
          case NEGATE -> -v;
          case ABS -> Math.abs(v);
          case SIGN -> Math.signum(v);
          case FLOOR -> Math.floor(v);
          case ROUND -> Math.rint(v);
          case NOT -> v == 0 ? 1 : 0;
          default -> throw new AssertionError(f);
        };
      }
      case Expr.Binary(BinaryFunction f, Expr x, Expr y) -> {
        double a = naive(x, inputs, index);
        double b = naive(y, inputs, index);
        yield switch (f) {
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
      case Expr.Select(Expr c, Expr x, Expr y) -> naive(naive(c, inputs, index) != 0 ? x : y, inputs, index);
    };
  }
}
