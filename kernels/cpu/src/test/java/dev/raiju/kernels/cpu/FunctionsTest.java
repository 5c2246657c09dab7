package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.api.Test;

/// Functions against `Math` in f64, and what a formula does with memory.
final class FunctionsTest {
  private static double exact(UnaryFunction f, double x) {
    return switch (f) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case FLOOR -> Math.floor(x);
      case ROUND -> Math.rint(x);
      case SQRT -> Math.sqrt(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TANH -> Math.tanh(x);
      case ERF -> erf(x);
      case NOT -> throw new AssertionError();
    };
  }

  /// `2/√π ∫₀ˣ exp(-t²) dt` by Simpson's rule.
  private static double erf(double x) {
    int steps = 2000;
    double h = x / steps;
    double sum = 1 + Math.exp(-x * x);
    for (int i = 1; i < steps; i++) sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-(i * h) * (i * h));
    return sum * h / 3 * 2 / Math.sqrt(Math.PI);
  }

  @ParameterizedTest
  @EnumSource(value = UnaryFunction.class, mode = EnumSource.Mode.EXCLUDE, names = "NOT")
  void matchesTheExactFunction(UnaryFunction f) {
    float[] values = Fixtures.random(3, 1031);
    // within the range of exp in f16
    for (int i = 0; i < values.length; i++) values[i] = Math.clamp(3 * values[i], -8, 8);
    for (Device device : Fixtures.BOTH) {
      for (DType type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
        try (Scope scope = Scope.open()) {
          Tensor x = Fixtures.tensor(device, values, values.length).to(type);
          double[] in = x.toDoubles();
          double[] got = Elementwise.elementwise("f", Expr.in(0).apply(f), x).toDoubles();
          // half a unit of the narrow type, or three units of f32
          double tolerance = type == DType.F16 ? 0x1p-10 : type == DType.BF16 ? 0x1p-7 : 0x1.8p-22;
          for (int i = 0; i < in.length; i++) {
            double want = exact(f, in[i]);
            if (Double.isNaN(want)) assertTrue(Double.isNaN(got[i]), f + " of " + in[i]);
            else
              assertEquals(want, got[i], tolerance * Math.abs(want) + 1e-30, f + " of " + in[i]);
          }
        }
      }
    }
  }

  @Test
  void activationsMatchTheirFormulas() {
    assertActivation(x -> 1 / (1 + Math.exp(-x)), Elementwise.sigmoid(Expr.in(0)));
    assertActivation(x -> x / (1 + Math.exp(-x)), Elementwise.silu(Expr.in(0)));
    assertActivation(x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), Elementwise.geluTanh(
        Expr
            .in(0)));
    // as a part of a larger formula
    assertActivation(x -> 2 * x * x / (1 + Math.exp(-x * x)), Elementwise.silu(Expr.in(0).square()).mul(2));
  }

  private static void assertActivation(DoubleUnaryOperator exact, Expr formula) {
    float[] values = Fixtures.random(4, 517);
    for (int i = 0; i < values.length; i++) values[i] *= 4;
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        double[] got = Elementwise.elementwise("f", formula, Fixtures.tensor(device, values, values.length)).toDoubles();
        for (int i = 0; i < got.length; i++)
          assertEquals(exact.applyAsDouble(values[i]), got[i], 3e-7 * Math.max(1, Math.abs(got[i])));
      }
    }
  }

  @Test
  void keepsChannelsLast() {
    try (Scope scope = Scope.open()) {
      Tensor x = Fixtures.reordered(Fixtures.random(Fixtures.VECTOR, 1, 2, 5, 1, 4, 3), 0, 2, 3, 4, 1);
      Tensor y = Fixtures.reordered(Fixtures.random(Fixtures.VECTOR, 2, 2, 5, 1, 4, 3), 0, 2, 3, 4, 1);
      Tensor bias = Fixtures.random(Fixtures.VECTOR, 3, 5, 1, 1, 1);
      Layout sum = x.mul(y).add(bias).layout();
      assertEquals(1, sum.stride(1));
      assertTrue(sum.isDense());
      assertTrue(x.add(Fixtures.random(Fixtures.VECTOR, 2, 2, 5, 1, 4, 3)).layout().isContiguous());
      assertEquals(1, x.to(DType.BF16).layout().stride(1));
      assertEquals(1, Tensor.concat(2, x, y).layout().stride(1));
      assertEquals(1, x.pad(2, 2, 0).layout().stride(1));
    }
  }

  @Test
  void computesWholeNumbersExactly() {
    try (Scope scope = Scope.open()) {
      Tensor big = Tensor.of(new long[] {1L << 60, -3, Long.MIN_VALUE}, 3).to(Fixtures.VECTOR);
      assertEquals((1L << 60) + 7, big.add(7).toLongs()[0]);
      assertEquals(Long.MAX_VALUE, big.sub(1).toLongs()[2]);
      Tensor small = Tensor.of(new int[] {Integer.MAX_VALUE, 5}, 2).to(Fixtures.VECTOR);
      assertEquals(Integer.MIN_VALUE, small.add(1).toLongs()[0]);
    }
  }

  @Test
  void emptyAndScalarTensorsWork() {
    try (Scope scope = Scope.open()) {
      assertEquals(0, Fixtures.random(Fixtures.VECTOR, 1, 3, 0, 2).add(1).toFloats().length);
      Tensor scalar = Fixtures.tensor(Fixtures.VECTOR, new float[] {2});
      assertEquals(4, scalar.add(scalar).item());
    }
  }
}
