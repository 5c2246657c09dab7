package dev.raiju.training.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.GradCheck;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.prune.SmallTransformers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// In one dimension everything is known: data from N(0, 1), samples theta + z, exact scores. The right sign pulls theta to 0,
/// the sign that the paper prints pushes it away.
class DistributionMatchingTest {
  /// The exact velocity field of data from N(mean, 1): with x = (1 - s) x0 + s e, the best guess of x0 is linear in x.
  private static VelocityField gaussian(Tensor mean) {
    return (x, timestep, context) -> {
      Tensor s = timestep.mul(1e-3).reshape(x.size(0), 1);
      Tensor keep = s.neg().add(1);
      Tensor variance = keep.square().add(s.square());
      Tensor x0 = mean.add(keep.div(variance).mul(x.sub(keep.mul(mean))));
      return x.sub(x0).div(s);
    };
  }

  private static double descend(int sign) {
    Device device = Device.reference();
    Rng rng = Rng.of(5);
    double theta = 2;
    DistributionMatching matching = new DistributionMatching(List.of(1.0), 0);
    for (int step = 0; step < 60; step++) {
      try (var scope = Scope.open()) {
        Tensor parameter = Tensor.of(new float[] {(float) theta}, 1, 1).to(device);
        Tensor z = rng.normal(device, 64, 1);
        try (var tape = Tape.record(List.of(parameter))) {
          Tensor sample = z.add(parameter);
          Tensor sigma = rng.uniform(device, 64).mul(0.96).add(0.02);
          Tensor direction = matching.direction(sample.detach(), rng.normal(device, 64, 1), sigma, gaussian(Tensor.zeros(1, 1).to(
              device)),
              gaussian(parameter.detach()), z, z);
          Tensor loss = DistributionMatching.generatorLoss(sample, direction);
          theta -= sign * 0.5 * tape.gradients(loss, parameter).of(parameter).item();
        }
      }
    }
    return theta;
  }

  @Test
  void theRightSignFindsTheData() { assertEquals(0, descend(1), 0.05); }

  @Test
  void thePrintedSignRunsAway() { assertTrue(descend(-1) > 4); }

  @Test
  void onlyTheLastStepHasAGradient() {
    Device device = Device.reference();
    try (var scope = Scope.open()) {
      Tensor w = Tensor.of(new float[] {0.3f}, 1).to(device);
      Rng rng = Rng.of(1);
      int[] calls = {0};
      VelocityField field = (x, timestep, context) -> {
        calls[0]++;
        return x.mul(w);
      };
      DistributionMatching matching = new DistributionMatching(List.of(1.0, 0.75, 0.5), 0);
      Tensor[] noise = {rng.normal(device, 2, 3), rng.normal(device, 2, 3), rng.normal(device, 2, 3)};
      try (var tape = Tape.record(List.of(w))) {
        Tensor sample = matching.generate(field, i -> noise[i], 2, w);
        assertEquals(3, calls[0]);
        // sample = x - 0.5 w x, so its slope is -0.5 Σ x with x the last noisy input, a constant
        double slope = tape.gradients(sample.sum(), w).of(w).item();
        double x = sample.sum().item() / (1 - 0.5 * w.item());
        assertEquals(-0.5 * x, slope, 1e-5);
      }
    }
  }

  /// A field that always points the same way takes noise by one step of it, guided by the difference of both prompts.
  @Test
  void theTeachersSampleGoesDownItsVelocity() {
    Device device = Device.reference();
    try (var scope = Scope.open()) {
      Tensor noise = Rng.of(1).normal(device, 2, 3);
      Tensor cond = Tensor.full(noise.spec(), 2, device);
      Tensor uncond = Tensor.full(noise.spec(), 1, device);
      VelocityField field = (x, timestep, context) -> context;
      Tensor plain = new DistributionMatching(List.of(1.0), 0).teacherSample(field, noise, 5, cond, uncond);
      assertEquals(0, plain.sub(noise.sub(2)).abs().sum().item(), 1e-5);
      Tensor guided = new DistributionMatching(List.of(1.0), DistributionMatching.extraGuidance(3)).teacherSample(field, noise, 5,
          cond, uncond);
      assertEquals(0, guided.sub(noise.sub(1 + 3 * (2 - 1))).abs().sum().item(), 1e-5);
    }
  }

  @Test
  void anAdversaryThatKnowsNothingLosesLogTwo() {
    try (var scope = Scope.open(); WanTransformer critic = SmallTransformers.random(1)) {
      var in = SmallTransformers.Inputs.random(2);
      GanHead blank = new GanHead(new LinearLayer(Tensor.of(new double[10], 1, 10), Optional.of(Tensor.of(new double[1], 1)),
          DType.F32), 1);
      assertEquals(Math.log(2), blank.generatorLoss(critic, in.x(), in.sigma(), in.context()).item(), 1e-9);
      Tensor other = SmallTransformers.Inputs.random(3).x();
      assertEquals(2 * Math.log(2), blank.criticLoss(critic, in.x(), other, in.sigma(), in.context()).item(), 1e-9);
      List<Tensor> parameters = new ArrayList<>(blank.parameters().values());
      GradCheck.check(values -> List.of(blank.with(values).criticLoss(critic, in.x(), other, in.sigma(), in.context())),
          parameters,
          2, 5);
    }
  }
}
