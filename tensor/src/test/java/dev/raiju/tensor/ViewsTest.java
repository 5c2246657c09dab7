package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Quantize;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ViewsTest {
  @Test
  void refusesAxesThatAreNotThere() {
    assertThrows(ShapeException.class, () -> Shape.of(2, 3).slice(1, 5));
    assertThrows(ShapeException.class, () -> Shape.of(2, 3).slice(-1, 1));
  }

  @Test
  void aSliceOfNothingCanBeRead() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(Spec.of(DType.F32, 2, 0, 40), 1, Device.reference());
      assertArrayEquals(new double[0], x.slice(2, 30, 5).toDoubles());
      assertArrayEquals(new double[0], x.flip(2).to(DType.BF16).toDoubles());
    }
  }

  @Test
  void atMostOneSizeOfAReshapeIsFree() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(Spec.of(DType.F32, 6), 1, Device.reference());
      ShapeException e = assertThrows(ShapeException.class, () -> x.reshape(-1, -1));
      assertEquals("reshape: [-1, -1]: at most one size may be -1", e.getMessage());
    }
  }

  @Test
  void refusesViewsThatCutBlocks() {
    try (Scope scope = Scope.open()) {
      Tensor x = Quantize.quantize(Tensor.full(Spec.of(DType.F32, 64, 128), 1, Device.reference()), DType.Q8_G64);
      assertThrows(ShapeException.class, () -> x.slice(-1, 32, 64));
      assertThrows(ShapeException.class, () -> x.slice(-1, 0, 64, 2));
      assertThrows(ShapeException.class, x::transpose);
      assertThrows(ShapeException.class, () -> x.flip(-1));
      assertThrows(ShapeException.class, () -> x.reshape(128, 64).transpose());
      assertThrows(ShapeException.class, () -> x.reshape(64, 2, 64).permute(0, 2, 1));
    }
  }

  @Test
  void viewsWholeBlocks() {
    try (Scope scope = Scope.open()) {
      Tensor wide = Tensor.of(Spec.of(DType.F32, 3, 128), MemorySegment.ofArray(ramp(384)), Device.reference());
      Tensor x = Quantize.quantize(wide, DType.Q8_G64);
      assertArrayEquals(dequantized(x.copy().slice(0, 1, 1)), dequantized(x.slice(0, 1, 1)));
      Tensor halves = x.reshape(3, 2, 64);
      assertArrayEquals(dequantized(x.slice(-1, 64, 64)), dequantized(halves.select(1, 1)));
      assertArrayEquals(dequantized(halves.transpose(0, 1).copy()), dequantized(halves.transpose(0, 1)));
    }
  }

  private static double[] dequantized(Tensor x) { return Dequantize.dequantize(x, DType.F32).toDoubles(); }

  private static float[] ramp(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = i % 37 - 11;
    return values;
  }
}
