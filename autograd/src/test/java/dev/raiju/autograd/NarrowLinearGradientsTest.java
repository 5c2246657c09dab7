package dev.raiju.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Linear;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The gradients of a linear layer that is computed in bf16, against sums over factors that were rounded by hand.
final class NarrowLinearGradientsTest {
  private static final int ROWS = 5;
  private static final int IN = 7;
  private static final int OUT = 3;

  private static float[] random(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = (float) random.nextDouble() - 0.5f;
    return values;
  }

  private static double rounded(float value) { return Narrow.fromBf16(Narrow.toBf16(value)); }

  private static Tensor tensor(float[] values, DType type, long... sizes) {
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(values), Device.reference()).to(type);
  }

  @Test
  void allProductsHaveRoundedFactors() {
    float[] x = random(1, ROWS * IN);
    float[] w = random(2, OUT * IN);
    float[] dy = random(3, ROWS * OUT);
    List<Tensor> gradients = gradients(x, w, dy, DType.F32, DType.F32);
    double[] dx = gradients.get(0).toDoubles();
    double[] dw = gradients.get(1).toDoubles();
    for (int k = 0; k < IN; k++) {
      for (int i = 0; i < ROWS; i++) {
        double want = 0;
        for (int j = 0; j < OUT; j++) want += rounded(dy[i * OUT + j]) * rounded(w[j * IN + k]);
        assertEquals(want, dx[i * IN + k], 1e-7);
      }
      for (int j = 0; j < OUT; j++) {
        double want = 0;
        for (int i = 0; i < ROWS; i++) want += rounded(dy[i * OUT + j]) * rounded(x[i * IN + k]);
        assertEquals(want, dw[j * IN + k], 1e-7);
      }
    }
    assertEquals(OUT, gradients.get(2).shape().elements());
  }

  /// Sums of products of bf16 need more bits than bf16 has.
  @Test
  void aWeightInF32GetsItsGradientInF32() {
    float[] x = random(4, ROWS * IN);
    float[] w = random(5, OUT * IN);
    float[] dy = random(6, ROWS * OUT);
    double[] dw = gradients(x, w, dy, DType.BF16, DType.F32).get(1).toDoubles();
    double want = 0;
    for (int i = 0; i < ROWS; i++) want += rounded(dy[i * OUT]) * rounded(x[i * IN]);
    assertEquals(want, dw[0], 1e-7);
  }

  private static List<Tensor> gradients(float[] x, float[] w, float[] dy, DType typeX, DType typeW) {
    try (Scope scope = Scope.open()) {
      Tensor input = tensor(x, typeX, ROWS, IN);
      Tensor weight = tensor(w, typeW, OUT, IN);
      Tensor bias = tensor(new float[OUT], typeX, OUT);
      try (Tape tape = Tape.record(List.of(input, weight, bias))) {
        Tensor y = Trace.apply(new Linear(DType.BF16), input, weight, bias);
        Tensor loss = y.mul(tensor(dy, typeX, ROWS, OUT)).sum();
        Gradients g = tape.gradients(loss, input, weight, bias);
        return List.of(input, weight, bias).stream().map(t -> scope.keep(g.of(t).to(DType.F32).copy())).toList();
      }
    }
  }
}
