package dev.raiju.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Window;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Gradients of single rows, of nothing, and where a formula divides by zero.
class EdgeGradientsTest {
  private static Tensor of(double... values) { return Tensor.of(values, values.length); }

  @Test
  void normsOfAVectorMatchDifferences() {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = List.of(of(1, -2, 0.5), of(0.3, 1, -1), of(0.1, 0.2, 0.3));
      GradCheck.check(x -> List.of(LayerNorm.layerNorm(x.get(0), x.get(1), x.get(2), 1e-6f)), in, 2, 1);
      GradCheck.check(x -> List.of(RmsNorm.rmsNorm(x.get(0), x.get(1), 1e-6f)), in.subList(0, 2), 2, 1);
    }
  }

  @Test
  void theBiasOfAnEmptyConvolutionHasGradientZero() {
    try (Scope scope = Scope.open(); var tape = Tape.record()) {
      Tensor bias = of(1, 2);
      Tensor y = Convolution.convolution(Tensor.of(new double[0], 0, 1, 3), Tensor.of(new double[4], 2, 1, 2), bias, Window.of(
          1));
      assertEquals(Shape.of(0, 2, 2), y.shape());
      assertArrayEquals(new double[2], tape.gradients(y.sum(), bias).of(bias).toDoubles());
    }
  }

  @Test
  void aLineOfMinusInfinityHasGradientZero() {
    try (Scope scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = of(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);
      assertArrayEquals(new double[2], tape.gradients(LogSumExp.logSumExp(x, false, 0), x).of(x).toDoubles());
    }
  }

  @Test
  void channelsOfZerosHaveAFiniteGradient() {
    try (Scope scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[2], 1, 2);
      Tensor w = of(1, 3);
      double[] g = tape.gradients(ChannelNorm.channelNorm(x, w).sum(), x).of(x).toDoubles();
      // the slope of x · sqrt(2) / 1e-12
      assertArrayEquals(new double[] {Math.sqrt(2) * 1e12, 3 * Math.sqrt(2) * 1e12}, g, 1e3);
    }
  }
}
