package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.of;
import static dev.raiju.kernels.cpu.TestTensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Layers computed in 8 bits: the same bits on every provider, and what whole numbers make of the codes.
final class ByteLinearTest {
  private static final Linear OP = new Linear(DType.I8);

  /// Sizes around the edges of tiles, panels and blocks of the sum, both groups, every type of input.
  @Test
  void hasTheSameBitsOnEveryProvider() {
    int[][] sizes = {{1, 1, 64}, {13, 33, 128}, {75, 40, 448}, {250, 70, 1536}, {3, 5, 2880}};
    for (int[] s : sizes) {
      for (DType weight : new DType[] {DType.Q8_G64, DType.Q8_G32_F16, DType.Q8_G64_BF16}) {
        for (DType type : new DType[] {DType.F32, DType.BF16, DType.F16}) {
          double[] wanted = null;
          for (Device device : TestDevices.ALL) {
            double[] got = result(device, type, weight, s[0], s[1], s[2]);
            if (wanted == null) wanted = got;
            assertArrayEquals(wanted, got, device + " " + weight + " " + type + " " + s[0] + " x " + s[1] + " x " + s[2]);
          }
        }
      }
    }
  }

  private static double[] result(Device device, DType type, DType weight, int rows, int columns, int depth) {
    try (Scope scope = Scope.open()) {
      Tensor x = of(device, type, random(type, 1, rows, depth), rows, depth);
      Tensor w = Quantize.quantize(of(device, DType.F32, random(DType.F32, 2, columns, depth), columns, depth), weight);
      Tensor b = of(device, type, random(type, 3, columns), columns);
      return TestTensors.values(Trace.apply(OP, x, w, b));
    }
  }

  @Test
  void isWhatWholeNumbersMakeOfTheCodes() {
    int rows = 29;
    int columns = 37;
    int depth = 640;
    Device device = Device.of(new CpuBackend(2));
    try (Scope scope = Scope.open()) {
      double[] x = random(DType.F32, 1, rows, depth);
      Tensor w = Quantize.quantize(of(device, DType.F32, random(DType.F32, 2, columns, depth), columns, depth), DType.Q8_G64);
      double[] plain = TestTensors.values(Dequantize.dequantize(w, DType.F32));
      double[] got = TestTensors.values(Trace.apply(OP, of(device, DType.F32, x, rows, depth), w));
      for (int i = 0; i < rows; i++) {
        double largest = 0;
        for (int k = 0; k < depth; k++) largest = Math.max(largest, Math.abs(x[i * depth + k]));
        for (int j = 0; j < columns; j++) {
          double sum = 0;
          double size = 0;
          for (int k = 0; k < depth; k++) {
            double rounded = Math.rint(x[i * depth + k] * 127 / largest) * largest / 127;
            sum += rounded * plain[j * depth + k];
            size += Math.abs(rounded * plain[j * depth + k]);
          }
          assertEquals(sum, got[i * columns + j], 1e-6 * size, i + ", " + j);
        }
      }
    }
  }

  @Test
  void rowsWithoutNumbersAreZerosAndThoseThatAreNotFiniteAreNaN() {
    Device device = Device.of(new CpuBackend(1));
    double[] x = new double[4 * 64];
    x[64] = 1e-38;
    x[128] = Double.POSITIVE_INFINITY;
    x[192 + 63] = Double.NaN;
    try (Scope scope = Scope.open()) {
      Tensor w = Quantize.quantize(of(device, DType.F32, random(DType.F32, 2, 1, 64), 1, 64), DType.Q8_G64);
      double[] got = TestTensors.values(Trace.apply(OP, of(device, DType.F32, x, 4, 64), w));
      assertArrayEquals(new double[] {0, 0, Double.NaN, Double.NaN}, got);
      Tensor defined = OP.define(List.of(of(device, DType.F32, x, 4, 64), w)).getFirst();
      assertArrayEquals(new double[] {0, 0, Double.NaN, Double.NaN}, TestTensors.values(defined));
    }
  }

  @Test
  void readsRowsOfAnyLayoutAndNoRows() {
    Device device = Device.of(new CpuBackend(2));
    try (Scope scope = Scope.open()) {
      Tensor x = of(device, DType.F32, random(DType.F32, 1, 64, 10), 64, 10);
      Tensor w = Quantize.quantize(of(device, DType.F32, random(DType.F32, 2, 9, 64), 9, 64), DType.Q8_G32);
      Tensor turned = Trace.apply(OP, x.transpose(), w);
      assertArrayEquals(TestTensors.values(Trace.apply(OP, x.transpose().copy(), w)), TestTensors.values(turned));
      assertEquals(Shape.of(0, 9), Trace.apply(OP, x.transpose().slice(0, 0, 0), w).shape());
    }
  }

  /// The error of 8 bits for normal numbers, which `raiju types` measures in a model.
  @Test
  void losesLittle() {
    Device device = Device.of(new CpuBackend(2));
    try (Scope scope = Scope.open()) {
      Tensor x = of(device, DType.F32, random(DType.F32, 1, 50, 1536), 50, 1536);
      Tensor w = Quantize.quantize(of(device, DType.F32, random(DType.F32, 2, 60, 1536), 60, 1536), DType.Q8_G64);
      double[] exact = TestTensors.values(Linear.linear(x, w));
      double[] got = TestTensors.values(Trace.apply(OP, x, w));
      double error = 0;
      double size = 0;
      for (int i = 0; i < got.length; i++) {
        error += (got[i] - exact[i]) * (got[i] - exact[i]);
        size += exact[i] * exact[i];
      }
      double relative = Math.sqrt(error / size);
      assertTrue(relative > 1e-3 && relative < 1.2e-2, () -> "relative error " + relative);
    }
  }
}
