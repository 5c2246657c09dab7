package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.FeedForwardBackward;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The gradients of a feed-forward network against loops in f64, in both types that its products are computed in.
final class FeedForwardGradientsTest {
  /// Odd sizes, and hidden rows that are a page long.
  @ParameterizedTest
  @CsvSource({"F32, 37, 19, 45, 2e-5", "BF16, 37, 19, 45, 2e-2", "F32, 26, 33, 1024, 2e-5", "BF16, 26, 33, 1024, 2e-2"})
  void matchTheNaiveLoops(DType compute, int rows, int width, int inner, double close) {
    for (Device device : List.of(Fixtures.BOTH.getFirst(), Fixtures.BOTH.getLast(), Device.best())) {
      try (Scope scope = Scope.open()) {
        Rng rng = Rng.of(9);
        Tensor x = rng.normal(device, rows, width);
        Tensor w1 = rng.normal(device, inner, width).div(Math.sqrt(width));
        Tensor w2 = rng.normal(device, width, inner).div(Math.sqrt(inner));
        Tensor hidden = rng.normal(device, rows, inner).to(compute);
        Tensor dy = rng.normal(device, rows, width);
        List<Tensor> got = Trace.applyAll(new FeedForwardBackward(compute), x, w1, w2, hidden, dy);
        double[] h = hidden.toDoubles();
        double[] d = new double[h.length];
        double[] a = new double[h.length];
        double[] back = product(dy.toDoubles(), w2.toDoubles(), rows, inner, width);
        for (int i = 0; i < h.length; i++) {
          double u = Math.sqrt(2 / Math.PI) * (h[i] + 0.044715 * h[i] * h[i] * h[i]);
          double slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * h[i] * h[i]);
          a[i] = 0.5 * h[i] * (1 + Math.tanh(u));
          d[i] = back[i] * (0.5 * (1 + Math.tanh(u)) + 0.5 * h[i] * slope / Math.cosh(u) / Math.cosh(u));
        }
        double[] v = dy.toDoubles();
        assertNear(product(d, w1.toDoubles(), rows, width, inner), got.get(0), close);
        assertNear(product(turned(d, rows, inner), x.toDoubles(), inner, width, rows), got.get(1), close);
        assertNear(product(ones(rows), d, 1, inner, rows), got.get(2), close);
        assertNear(product(turned(v, rows, width), a, width, inner, rows), got.get(3), close);
        assertNear(product(ones(rows), v, 1, width, rows), got.get(4), close);
      }
    }
  }

  private static double[] ones(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static double[] turned(double[] a, int rows, int columns) {
    double[] turned = new double[a.length];
    for (int i = 0; i < a.length; i++) turned[i % columns * rows + i / columns] = a[i];
    return turned;
  }

  private static double[] product(double[] a, double[] b, int rows, int columns, int depth) {
    double[] c = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < depth; k++) {
        for (int j = 0; j < columns; j++) c[i * columns + j] += a[i * depth + k] * b[k * columns + j];
      }
    }
    return c;
  }

  private static void assertNear(double[] wanted, Tensor got, double close) {
    double[] values = got.toDoubles();
    double largest = Fixtures.largest(wanted);
    for (int i = 0; i < wanted.length; i++) {
      double off = Math.abs(wanted[i] - values[i]);
      assertTrue(off <= close * largest, i + ": " + values[i] + " for " + wanted[i] + ", the largest is " + largest);
    }
  }
}
