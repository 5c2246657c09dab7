package dev.raiju.tensor.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import org.junit.jupiter.api.Test;

class EmptySizesTest {
  private static Tensor full(double value, long... sizes) {
    return Tensor.full(Spec.of(DType.F32, sizes), value, Device.reference());
  }

  @Test
  void linearOfNothingIsItsBias() {
    try (Scope scope = Scope.open()) {
      Tensor y = Linear.linear(full(1, 2, 0), full(1, 3, 0), full(5, 3));
      assertArrayEquals(new double[] {5, 5, 5, 5, 5, 5}, y.toDoubles());
    }
  }

  @Test
  void groupNormTakesAnEmptyBatch() {
    try (Scope scope = Scope.open()) {
      assertEquals(Shape.of(0, 4, 3), GroupNorm.groupNorm(full(1, 0, 4, 3), 2, full(1, 4), full(0, 4), 1e-6f).shape());
      assertEquals(Shape.of(2, 4, 0), GroupNorm.groupNorm(full(1, 2, 4, 0), 2, full(1, 4), full(0, 4), 1e-6f).shape());
    }
  }

  @Test
  void logSumExpOfNothingIsMinusInfinity() {
    try (Scope scope = Scope.open()) {
      double none = Double.NEGATIVE_INFINITY;
      assertArrayEquals(new double[] {none, none}, LogSumExp.logSumExp(full(1, 2, 0), false, -1).toDoubles());
    }
  }

  @Test
  void attentionWithoutKeysGivesZeros() {
    try (Scope scope = Scope.open()) {
      Tensor y = Attention.attention(full(1, 1, 2, 1, 4), full(1, 1, 0, 1, 4), full(1, 1, 0, 1, 3));
      assertArrayEquals(new double[6], y.toDoubles());
    }
  }

  @Test
  void reductionsWithoutAxesTakeThemAll() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(Spec.of(DType.F32, 2, 2), java.lang.foreign.MemorySegment.ofArray(new float[] {1, 2, 3, 4}), Device
          .reference());
      assertEquals(1.25, Variance.variance(x, false).item());
      assertEquals(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3) + Math.exp(4)), LogSumExp.logSumExp(x, false).item(), 1e-6);
      assertEquals(0, Variance.variance(full(3), false).item());
      assertEquals(3, LogSumExp.logSumExp(full(3), false).item());
    }
  }
}
