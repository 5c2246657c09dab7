package dev.raiju.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import dev.raiju.tensor.op.RmsNorm;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TapeTest {
  private static Tensor random(long seed, long... sizes) {
    return Rng.of(seed).draw(Distribution.NORMAL, DType.F64, dev.raiju.tensor.Shape.of(sizes), Device.reference());
  }

  @Test
  void givesTheGradientOfAProduct() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2, 3}, 3);
      Tensor y = Tensor.of(new double[] {4, 5, 6}, 3);
      Gradients g = tape.gradients(x.mul(y).sum(), x, y);
      assertArrayEquals(new double[] {4, 5, 6}, g.of(x).toDoubles());
      assertArrayEquals(new double[] {1, 2, 3}, g.of(y).toDoubles());
    }
  }

  @Test
  void addsUpWhatArrivesOnSeveralPaths() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      assertArrayEquals(new double[] {4, 6}, tape.gradients(x.mul(x).add(x.mul(2)).sum(), x).of(x).toDoubles());
    }
  }

  @Test
  void givesZerosForWhatIsNotReached() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      Tensor other = Tensor.of(new double[] {1, 2, 3}, 3);
      assertArrayEquals(new double[3], tape.gradients(x.sum(), other).of(other).toDoubles());
    }
  }

  @Test
  void refusesALossOfSeveralElements() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      assertThrows(IllegalArgumentException.class, () -> tape.gradients(x.mul(2), x));
    }
  }

  @Test
  void passesNothingThroughDetach() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      assertArrayEquals(new double[] {1, 2}, tape.gradients(x.detach().mul(x).sum(), x).of(x).toDoubles());
    }
  }

  @Test
  void hearsNothingWhilePaused() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      Tensor y;
      try (var paused = Tape.pause()) {
        y = x.mul(3);
      }
      assertArrayEquals(new double[] {3, 6}, tape.gradients(x.mul(y).sum(), x).of(x).toDoubles());
    }
  }

  @Test
  void passesGradientThroughAFrozenNetworkToItsInput() {
    try (var scope = Scope.open()) {
      Tensor x = random(1, 2, 3);
      Tensor frozen = random(2, 3, 4);
      try (var tape = Tape.record(List.of(x))) {
        Gradients g = tape.gradients(x.matmul(frozen).sum(), x);
        assertArrayEquals(frozen.sum(1).broadcast(2, 3).toDoubles(), g.of(x).toDoubles(), 1e-12);
      }
    }
  }

  @Test
  void keepsNothingOfWhatDoesNotDependOnTheWatched() {
    long before = HostMemory.liveBuffers();
    Tensor x = random(1, 4);
    try (var tape = Tape.record(List.of(x))) {
      try (var scope = Scope.open()) {
        random(2, 100).exp().mul(random(3, 100));
      }
      assertEquals(before + 1, HostMemory.liveBuffers());
    }
    x.close();
  }

  @Test
  void refusesASavedTensorThatWasWritten() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      Tensor loss = x.mul(x).sum();
      Assign.assign(x, x.like(0));
      var e = assertThrows(IllegalStateException.class, () -> tape.gradients(loss, x));
      assertTrue(e.getMessage().contains("written"), e.getMessage());
    }
  }

  @Test
  void differentiatesTwice() {
    try (var scope = Scope.open(); var outer = Tape.record()) {
      Tensor x = Tensor.of(new double[] {0.5, -1.5}, 2);
      Tensor slope;
      try (var inner = Tape.record()) {
        slope = inner.gradients(x.mul(x).mul(x).sum(), x).of(x);
      }
      // d/dx 3x² = 6x
      assertArrayEquals(new double[] {3, -9}, outer.gradients(slope.sum(), x).of(x).toDoubles(), 1e-12);
    }
  }

  @Test
  void secondOrderOfASmallNetworkMatchesDifferences() {
    Function<List<Tensor>, List<Tensor>> gradientNorm = in -> {
      try (var tape = Tape.record()) {
        Tensor hidden = Elementwise.geluTanh(in.get(0).matmul(in.get(1)));
        Tensor y = Attention.attention(hidden.reshape(1, 3, 2, 2), hidden.reshape(1, 3, 2, 2), hidden.reshape(1, 3, 2, 2));
        Gradients g = tape.gradients(y.square().sum(), in.get(0), in.get(1));
        return List.of(g.of(in.get(0)), g.of(in.get(1)));
      }
    };
    GradCheck.check(gradientNorm, List.of(random(1, 3, 5), random(2, 5, 4)), 3, 7);
  }

  @Test
  void gradCheckFindsAWrongRule() {
    // a rule that forgets one path: detach hides it
    Function<List<Tensor>, List<Tensor>> wrong = in -> List.of(in.getFirst().mul(in.getFirst().detach()));
    try (var scope = Scope.open()) {
      List<Tensor> x = List.of(random(3, 4));
      assertThrows(AssertionError.class, () -> GradCheck.check(wrong, x, 2, 1));
    }
  }

  @Test
  void checkpointGivesTheSameGradientsAndKeepsLess() {
    try (var scope = Scope.open()) {
      Tensor x = random(1, 2, 6);
      Tensor w = random(2, 6, 6);
      Rng rng = Rng.of(5);
      Function<List<Tensor>, List<Tensor>> work = in -> {
        Tensor noise = rng.draw(Distribution.NORMAL, DType.F64, dev.raiju.tensor.Shape.of(2, 6), Device.reference());
        return List.of(in.getFirst().matmul(w).add(noise).tanh().mul(noise));
      };
      Tensor[] plain = gradients(x, w, () -> work.apply(List.of(x)).getFirst());
      rng.seek(0);
      Tensor[] replayed = gradients(x, w, () -> Checkpoint.run(work, List.of(x), List.of(w), rng).getFirst());
      assertEquals(12, rng.position());
      for (int i = 0; i < 2; i++) assertArrayEquals(plain[i].toDoubles(), replayed[i].toDoubles());
    }
  }

  private static Tensor[] gradients(Tensor x, Tensor w, java.util.function.Supplier<Tensor> forward) {
    try (var tape = Tape.record(List.of(x, w))) {
      Gradients g = tape.gradients(forward.get().square().sum(), x, w);
      return new Tensor[] {g.of(x), g.of(w)};
    }
  }

  @Test
  void aTensorGivenTwiceToAFusedOpGetsEachGradientOnce() {
    Function<List<Tensor>, List<Tensor>> f = in -> Checkpoint.run(pair -> List.of(pair.get(0).mul(pair.get(1)).exp()), List.of(in
        .getFirst(), in.getFirst()),
        List.of());
    try (var scope = Scope.open()) {
      GradCheck.check(f, List.of(random(9, 3)), 2, 4);
    }
  }

  @Test
  void normsAndFeedForwardMatchDifferences() {
    try (var scope = Scope.open()) {
      GradCheck.check(in -> List.of(LayerNorm.layerNorm(in.get(0), in.get(1), in.get(2), 1e-6f)), List.of(random(1, 3, 5), random(
          2, 5), random(3, 5)), 3, 1);
      GradCheck.check(in -> List.of(RmsNorm.rmsNorm(in.get(0), in.get(1), 1e-6f)), List.of(random(1, 3, 5), random(2, 5)), 3, 1);
      GradCheck.check(in -> List.of(FeedForward.feedForward(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4))),
          List.of(random(1, 3, 4), random(2, 5, 4), random(3, 5), random(4, 4, 5), random(5, 4)), 3, 1);
    }
  }

  @Test
  void noGradientPassesThroughCodes() {
    try (var scope = Scope.open(); var tape = Tape.record()) {
      Tensor x = Tensor.full(Spec.of(DType.F32, 2, 64), 1, Device.reference());
      Tensor y = dev.raiju.tensor.op.Dequantize.dequantize(dev.raiju.tensor.op.Quantize.quantize(x, DType.Q4_G64), DType.F32);
      assertArrayEquals(new double[128], tape.gradients(y.sum(), x).of(x).toDoubles());
    }
  }
}
