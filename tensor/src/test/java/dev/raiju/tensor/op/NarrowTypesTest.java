package dev.raiju.tensor.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// What lies between the inputs and the result of an op is f32, whatever they are.
class NarrowTypesTest {
  private static Tensor full(double value, long... sizes) {
    return Tensor.full(Spec.of(DType.F16, sizes), value, Device.reference());
  }

  @Test
  void aMeanDoesNotOverflowOnTheWay() {
    try (Scope scope = Scope.open()) {
      assertEquals(100, full(100, 1000).mean().item());
    }
  }

  @Test
  void squaresDoNotOverflowInsideNorms() {
    try (Scope scope = Scope.open()) {
      assertEquals(1, ChannelNorm.channelNorm(full(1000, 1, 4, 2), full(1, 4)).toDoubles()[0]);
      assertEquals(32, Variance.variance(full(0, 2, 4).sub(full(0, 2, 1)).add(Math.sqrt(32)).mul(signs()), false, 1)
          .toDoubles()[0],
          0.05);
    }
  }

  private static Tensor signs() {
    return Tensor.of(Spec.of(DType.F32, 1, 4), MemorySegment.ofArray(new float[] {1, -1, 1, -1}), Device.reference()).to(
        DType.F16);
  }

  @Test
  void linearRoundsProductAndBiasTogether() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.concat(1, full(2048, 1, 1), full(1, 1, 1));
      // f16 has no 2049
      assertEquals(2, Linear.linear(x, full(1, 1, 2), full(-2047, 1)).item());
    }
  }

  @Test
  void modulationSeesTheUnroundedNorm() {
    try (Scope scope = Scope.open()) {
      Tensor x = full(0, 1, 1, 2).add(Tensor.of(Spec.of(DType.F32, 2), MemorySegment.ofArray(new float[] {1, 2}), Device
          .reference()).to(
              DType.F16));
      // of 1 and 2 the norm is -a and a with a = 0.5 / sqrt(0.25 + eps), which f16 rounds to 1
      double a = 0.5 / Math.sqrt(0.25 + 1e-3f);
      Tensor y = ModulatedLayerNorm.modulatedLayerNorm(x, full(-1, 1, 1, 2), full(0, 1, 1, 2), 1e-3f);
      assertEquals(a - 1, y.toDoubles()[1], 2e-6);
    }
  }

  @Test
  void logSumExpOfManyDoesNotOverflow() {
    try (Scope scope = Scope.open()) {
      assertEquals(Math.log(100_000), LogSumExp.logSumExp(full(0, 100_000), false, 0).item(), 0.01);
    }
  }

  @Test
  void wholeNumbersAreRoundedOnce() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(8);
      // one more than halfway between two f32; as f64 it would be halfway
      Elements.setLong(DType.F32, memory, 0, (1L << 62) + (1L << 38) + 1);
      assertEquals(0x1p62 + 0x1p39, Elements.getDouble(DType.F32, memory, 0));
      Elements.setLong(DType.BF16, memory, 0, (1L << 62) + (1L << 54) + 1);
      assertEquals(0x1p62 + 0x1p55, Elements.getDouble(DType.BF16, memory, 0));
      Elements.setLong(DType.BF16, memory, 0, -(1L << 62) - (1L << 54) - 1);
      assertEquals(-0x1p62 - 0x1p55, Elements.getDouble(DType.BF16, memory, 0));
    }
  }

  @Test
  void theTopHalfOfU64IsPositive() {
    try (Scope scope = Scope.open()) {
      // one more than halfway between two bf16, which f64 does not see
      long odd = (-1L << 63) + (1L << 55) + 1;
      Tensor x = Tensor.of(Spec.of(DType.U64, 2), MemorySegment.ofArray(new long[] {-1L << 40, odd}), Device.reference());
      assertArrayEquals(new double[] {0x1p64 - 0x1p40, 0x1p63 + 0x1p55}, x.to(DType.F32).toDoubles());
      assertArrayEquals(new double[] {0x1p64, 0x1p63 + 0x1p56}, x.to(DType.BF16).toDoubles());
      assertEquals(Double.POSITIVE_INFINITY, x.to(DType.F8_E5M2).toDoubles()[0]);
    }
  }
}
