package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestDevices.assertProduct;
import static dev.raiju.kernels.cpu.TestTensors.assertClose;
import static dev.raiju.kernels.cpu.TestTensors.assertSame;
import static dev.raiju.kernels.cpu.TestTensors.laidOut;
import static dev.raiju.kernels.cpu.TestTensors.of;
import static dev.raiju.kernels.cpu.TestTensors.random;
import static dev.raiju.kernels.cpu.TestTensors.values;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class LinearProps {
  @Property(tries = 100)
  void biasIsAddedToTheWholeChain(@ForAll @IntRange(min = 1, max = 40) int rows, @ForAll @IntRange(min = 1, max = 70) int outputs,
      @ForAll @IntRange(min = 1, max = 40) int inputs, @ForAll boolean biased, @ForAll @IntRange(min = 0, max = 3) int layout,
      @ForAll long seed) {
    check(DType.F32, DType.F32, DType.F32, rows, outputs, inputs, biased, layout, seed);
  }

  @Property(tries = 100)
  void typesOfWeightAndComputationMayDiffer(@ForAll @IntRange(min = 0, max = 2) int x, @ForAll @IntRange(min = 0, max = 2) int w,
      @ForAll @IntRange(min = 0, max = 2) int compute, @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 1, max = 40) int outputs, @ForAll @IntRange(min = 1, max = 20) int inputs, @ForAll long seed) {
    DType[] types = {DType.F32, DType.F16, DType.BF16};
    check(types[x], types[w], types[compute], rows, outputs, inputs, true, 0, seed);
  }

  @Test
  void largeLayersGoThroughAllBlocks() {
    check(DType.F32, DType.BF16, DType.F32, 250, 70, 400, true, 0, 1);
    check(DType.BF16, DType.F32, DType.F32, 245, 129, 390, true, 0, 2);
    check(DType.F32, DType.F32, DType.BF16, 3, 300, 1000, true, 1, 3);
    check(DType.F32, DType.F32, DType.BF16, 250, 70, 1601, true, 0, 4);
    check(DType.BF16, DType.BF16, DType.F32, 100, 35, 1537, false, 0, 5);
  }

  private static void check(DType typeX, DType typeW, DType compute, int rows, int outputs, int inputs, boolean biased,
      int layout,
      long seed) {
    double[] x = random(typeX, seed, rows, inputs);
    double[] w = random(typeW, seed + 1, outputs, inputs);
    double[] b = random(typeX, seed + 2, outputs);
    double[] wanted = new double[rows * outputs];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < outputs; j++) {
        float sum = 0;
        for (int k = 0; k < inputs; k++)
          sum = Math.fma(factor(compute, x[i * inputs + k]), factor(compute, w[j * inputs + k]), sum);
        wanted[i * outputs + j] = MatMulProps.rounded(typeX, biased ? sum + (float) b[j] : sum);
      }
    }
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor input = of(device, typeX, x, rows, inputs);
        Tensor weight = laidOut(device, typeW, w, layout, outputs, inputs);
        Linear linear = new Linear(compute);
        Tensor y = biased
            ? Trace.apply(linear, input, weight, of(device, typeX, b, outputs))
            : Trace.apply(linear, input, weight);
        boolean narrow = compute == DType.BF16 || compute == DType.F32 && typeX == DType.BF16 && typeW == DType.BF16;
        assertProduct(wanted, values(y), device, narrow, typeX, " " + typeX + typeW + compute);
      }
    }
  }

  private static float factor(DType compute, double value) { return (float) MatMulProps.rounded(compute, (float) value); }

  static Stream<DType> blockTypes() { return Stream.of(DType.values()).filter(type -> type.isBlock() && !type.isPacked()); }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void blockWeightsAreExpandedWhilePacking(DType type) {
    int inputs = 448;
    int outputs = 37;
    double[] x = random(DType.F32, 5, 2, 3, inputs);
    try (Scope scope = Scope.open()) {
      Device reference = Device.reference();
      Tensor quantized = Quantize.quantize(of(reference, DType.F32, random(DType.F32, 6, outputs, inputs), outputs, inputs),
          type);
      double[] w = Dequantize.dequantize(quantized, DType.F32).toDoubles();
      double[] wanted = new double[6 * outputs];
      for (int i = 0; i < 6; i++) {
        for (int j = 0; j < outputs; j++) {
          float sum = 0;
          for (int k = 0; k < inputs; k++) sum = Math.fma((float) x[i * inputs + k], (float) w[j * inputs + k], sum);
          wanted[i * outputs + j] = sum;
        }
      }
      for (Device device : TestDevices.ALL) {
        Tensor weight = Tensor.of(Spec.of(type, outputs, inputs), MemorySegment.ofArray(quantized.toBytes()), device);
        Tensor input = of(device, DType.F32, x, 2, 3, inputs);
        assertSame(wanted, values(Linear.linear(input, weight)), type);
        Tensor planes = Fixtures.planes(weight);
        assertSame(wanted, values(Linear.linear(input, planes)), type);
        assertSame(Arrays.copyOfRange(wanted, 0, 1), values(Linear.linear(input.slice(0, 0, 1).slice(1, 0, 1), planes.slice(0, 0,
            1))), type);
      }
    }
  }

  @Property(tries = 40)
  void feedForwardIsTwoLayersAroundGelu(@ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 70) int hidden, @ForAll boolean gated, @ForAll long seed) {
    checkFeedForward(rows, width, hidden, gated, seed);
  }

  @Test
  void feedForwardOfManyRowsIsChunked() {
    checkFeedForward(500, 2, 2200, false, 1);
    checkFeedForward(485, 1, 2300, true, 2);
  }

  private static void checkFeedForward(int rows, int width, int hidden, boolean gated, long seed) {
    double[] x = random(DType.F32, seed, rows, width);
    double[] first = random(DType.F32, seed + 1, hidden, width);
    double[] gate = random(DType.F32, seed + 2, hidden, width);
    double[] second = random(DType.F32, seed + 3, width, hidden);
    double[] b1 = random(DType.F32, seed + 4, hidden);
    double[] b2 = random(DType.F32, seed + 5, width);
    double[] wanted = new double[rows * width];
    for (int i = 0; i < rows; i++) {
      double[] h = new double[hidden];
      for (int j = 0; j < hidden; j++) {
        double value = gated ? 0 : b1[j];
        double open = 0;
        for (int k = 0; k < width; k++) {
          value += x[i * width + k] * first[j * width + k];
          open += x[i * width + k] * gate[j * width + k];
        }
        h[j] = gated ? value * gelu(open) : gelu(value);
      }
      for (int j = 0; j < width; j++) {
        double sum = gated ? 0 : b2[j];
        for (int k = 0; k < hidden; k++) sum += h[k] * second[j * hidden + k];
        wanted[i * width + j] = sum;
      }
    }
    double[] bits = null;
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor in = of(device, DType.F32, x, rows, width);
        Tensor w1 = of(device, DType.F32, first, hidden, width);
        Tensor w2 = of(device, DType.F32, second, width, hidden);
        Tensor y = gated
            ? FeedForward.gatedFeedForward(in, of(device, DType.F32, gate, hidden, width), w1, w2)
            : FeedForward.feedForward(in, w1, of(device, DType.F32, b1, hidden), w2, of(device, DType.F32, b2, width));
        // chains of up to 2300 terms in f32, each rounded to 2^-24
        assertClose(wanted, values(y), 1e-5, device.backend().describe());
        if (bits != null) assertSame(bits, values(y), device.backend().describe());
        bits = values(y);
      }
    }
  }

  private static double gelu(double x) { return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))); }
}
