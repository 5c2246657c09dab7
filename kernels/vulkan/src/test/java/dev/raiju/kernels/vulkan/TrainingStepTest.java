package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.verify.SmallStep;
import dev.raiju.training.verify.SmallStep.Nearness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A step of flow matching with a small transformer, here and on the CPU.
class TrainingStepTest {
  @ParameterizedTest
  @CsvSource({"f32, 1e-4, 0.999999", "bf16, 2e-2, 0.999"})
  void gradientsAreThoseOfTheCpu(String compute, double error, double cosine) {
    try (SmallStep here = SmallStep.on(Device.named("cpu"), DType.parse(compute));
        SmallStep there = SmallStep.on(Device.of(OnDevice.backend()), DType.parse(compute))) {
      Map<String, Nearness> near = SmallStep.compare(here.gradients(), there.gradients());
      near.forEach((name, found) -> assertTrue(found.error() <= error && found.cosine() >= cosine, name + ": " + found));
      System.out.printf("vulkan: gradients of a step in %s: %d tensors, worst error %.1e%n", compute, near.size(), near.values()
          .stream().mapToDouble(Nearness::error).max().orElseThrow());
    }
  }

  /// Matrices by Muon and everything else by AdamW.
  @Test
  void stepsMoveAsOnTheCpu() {
    List<Double> here = losses(Device.named("cpu"));
    List<Double> there = losses(Device.of(OnDevice.backend()));
    // Muon rounds to bf16, where sums in another order move a number by a whole step
    for (int i = 0; i < here.size(); i++) assertEquals(here.get(i), there.get(i), 5e-3 * here.get(i));
    assertTrue(there.getLast() < there.getFirst(), there::toString);
  }

  private static List<Double> losses(Device device) {
    List<Double> losses = new ArrayList<>();
    try (SmallStep step = SmallStep.on(device, DType.F32); Learner learner = step.learner()) {
      for (int i = 0; i < 3; i++) losses.add(learner.learn(step::loss).loss());
    }
    return losses;
  }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}
