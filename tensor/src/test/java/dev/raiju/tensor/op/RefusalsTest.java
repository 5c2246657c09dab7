package dev.raiju.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Every refusal comes from a shape rule, as a [ShapeException], before any work.
class RefusalsTest {
  private static Tensor zeros(DType type, long... sizes) { return Tensor.full(Spec.of(type, sizes), 0, Device.reference()); }

  private static void refused(Op op, Spec... in) { assertThrows(ShapeException.class, () -> op.infer(List.of(in))); }

  @Test
  void windowsMustNameTheSameOneToThreeAxes() {
    assertThrows(ShapeException.class, () -> Window.of(2).stride(1, 1, 1));
    assertThrows(ShapeException.class, () -> Window.of(2).dilation(1));
    assertThrows(ShapeException.class, () -> Window.of(4));
    assertThrows(ShapeException.class, () -> Window.of(0));
  }

  @Test
  void aKernelWhoseReachOverflowsIsTooLarge() {
    refused(new Convolution(Window.of(1).dilation(1 << 30)), Spec.of(DType.F32, 1, 1, 8), Spec.of(DType.F32, 1, 1, (1L << 34)
        + 1));
  }

  @Test
  void paddingMustNotOverflow() {
    refused(new Pad(0, Long.MAX_VALUE, Long.MAX_VALUE, 0, 0), Spec.of(DType.F32, 4));
    refused(new Pad(0, 0, 0, Long.MAX_VALUE / 2, 0), Spec.of(DType.F32, 6));
  }

  @Test
  void foldedWindowsMustFit() {
    refused(new FoldWindows(0, 2, 1), Spec.of(DType.F32, 0, 3));
    refused(new FoldWindows(0, 8, 0), Spec.of(DType.F32, 2, 3));
    refused(new FoldWindows(0, 8, Long.MAX_VALUE), Spec.of(DType.F32, 3, 3));
    refused(new FoldWindows(-1, 8, 1), Spec.of(DType.F32, 3, 3));
  }

  @Test
  void indicesMustHaveAxesToIndex() {
    refused(new ScatterAdd(3, 4), Spec.of(DType.F32, 2, 2), Spec.of(DType.I32, 2));
    refused(new ScatterAdd(-1, 4), Spec.of(DType.F32, 2, 2), Spec.of(DType.I32, 2));
  }

  @Test
  void generatorsNeedATypeOfNumbers() {
    refused(new Fill(Spec.of(DType.Q8_G64, 64), 1));
    refused(new Iota(DType.BOOL, 3));
    refused(new Iota(DType.Q8_G64, 64));
  }

  @Test
  void statisticsMustBeWide() {
    Spec x = Spec.of(DType.F32, 2, 4);
    Spec narrow = Spec.of(DType.BF16, 2, 1);
    Spec wide = Spec.of(DType.F32, 2, 1);
    refused(new LayerNormBackward(), x, narrow, wide, x);
    refused(new LayerNormBackward(), x, wide, narrow, x);
    refused(new RmsNormBackward(), x, narrow, x);
  }

  @Test
  void ropeTablesMustBeWideAndNameEveryAxis() {
    Spec x = Spec.of(DType.BF16, 1, 3, 2, 4);
    Spec table = Spec.of(DType.BF16, 3, 2);
    refused(new Rope(), x, table, table);
    assertThrows(ShapeException.class, () -> Rope.tables(new long[] {2, 3}, new int[] {4}, 10_000, DType.F32, Device
        .reference()));
  }

  @Test
  void optimisersNeedFloats() {
    Spec whole = Spec.of(DType.I32, 3);
    refused(new AdamW(0.9, 0.99, 1e-8, 0), whole, whole, whole, whole, Spec.of(DType.F32, 4));
    refused(new MovingAverage(0.9), whole, whole);
  }

  @Test
  void linearComputesInATypeThatItKnows() { assertThrows(ShapeException.class, () -> new Linear(DType.I32)); }

  @Test
  void linearInEightBitsNeedsBlocksOfThem() {
    Spec x = Spec.of(DType.F32, 2, 64);
    refused(new Linear(DType.I8), x, Spec.of(DType.F32, 3, 64));
    refused(new Linear(DType.I8), x, Spec.of(DType.Q4_G64, 3, 64));
  }

  @Test
  void aNumberThatIsNotWholeDoesNotMeetIntegers() {
    try (Scope scope = Scope.open()) {
      Tensor x = zeros(DType.I32, 3);
      assertThrows(ShapeException.class, () -> x.mul(2.5));
      assertThrows(ShapeException.class, () -> x.clamp(0.5, 2));
      assertThrows(ShapeException.class, () -> x.add(Double.POSITIVE_INFINITY));
      assertThrows(ShapeException.class, x::mean);
    }
  }

  @Test
  void messagesNameTheTypeThatWasMet() {
    try (Scope scope = Scope.open()) {
      Tensor x = zeros(DType.BOOL, 3);
      assertEquals("neg: needs numbers, got bool", assertThrows(ShapeException.class, x::neg).getMessage());
      Tensor f = zeros(DType.F32, 3);
      assertEquals("where: a condition must be bool, got f32", assertThrows(ShapeException.class, () -> Elementwise.where(f, f,
          f)).getMessage());
    }
  }

  @Test
  void erfKeepsTheSignOfZero() { assertEquals(Double.NEGATIVE_INFINITY, 1 / dev.raiju.tensor.Erf.erf(-0.0)); }

  @Test
  void resizingNeedsPlaneAndFactor() {
    try (Scope scope = Scope.open()) {
      assertThrows(ShapeException.class, () -> Resize.pixelShuffle(zeros(DType.F32, 1, 4, 2, 2), 0));
      assertThrows(ShapeException.class, () -> Resize.pixelUnshuffle(zeros(DType.F32, 1, 4, 2, 2), 0));
      assertThrows(ShapeException.class, () -> Resize.averagePool(zeros(DType.F32, 6), 2, 2));
    }
  }

  @Test
  void theFirstQueryIsNotBeforeTheFirstKey() {
    assertThrows(ShapeException.class, () -> Scores.scale(1).causal(1, -1));
    assertThrows(ShapeException.class, () -> Scores.scale(1).causal(-1, 0));
  }

  @Test
  void aShapeHasNoAxesBeyondItsRank() {
    try (Scope scope = Scope.open()) {
      assertThrows(ShapeException.class, () -> zeros(DType.F32, 2, 3).flatten(1, 9));
      assertThrows(ShapeException.class, () -> zeros(DType.F32, 3).broadcast(Shape.scalar()));
    }
  }
}
