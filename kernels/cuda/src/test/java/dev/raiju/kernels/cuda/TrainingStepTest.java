package dev.raiju.kernels.cuda;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A step of flow matching with a small transformer, on the stand-in and on the CPU.
class TrainingStepTest {
  @ParameterizedTest
  @CsvSource({"f32, 1e-4, 0.999999", "bf16, 2e-2, 0.999"})
  void gradientsAreThoseOfTheCpu(String compute, double error, double cosine) {
    try (SmallStep here = SmallStep.on(Device.named("cpu"), DType.parse(compute));
        SmallStep there = SmallStep.on(Device.of(StandIn.backend()), DType.parse(compute))) {
      Map<String, Nearness> near = SmallStep.compare(here.gradients(), there.gradients());
      near.forEach((name, found) -> assertTrue(found.error() <= error && found.cosine() >= cosine, name + ": " + found));
      System.out.printf("cuda: gradients of a step in %s: %d tensors, worst error %.1e%n", compute, near.size(), near.values()
          .stream().mapToDouble(Nearness::error).max().orElseThrow());
    }
  }

  /// The host runs ahead of the device, and waits once to see the loss and the length of the gradient.
  @ParameterizedTest
  @CsvSource("bf16")
  void aStepWaitsForTheDeviceOnceAndMovesAsOnTheCpu(String compute) {
    List<Double> here = new ArrayList<>();
    List<Double> there = new ArrayList<>();
    List<Integer> waits = new ArrayList<>();
    try (SmallStep model = SmallStep.on(Device.named("cpu"), DType.parse(compute)); Learner learner = model.learner()) {
      for (int i = 0; i < 2; i++) here.add(learner.learn(model::loss).loss());
    }
    try (SmallStep model = SmallStep.on(Device.of(StandIn.backend()), DType.parse(compute)); Learner learner = model.learner()) {
      for (int i = 0; i < 2; i++) {
        int before = StandIn.tell("standInWaits", 0);
        there.add(learner.learn(model::loss).loss());
        waits.add(StandIn.tell("standInWaits", 0) - before);
      }
    }
    assertEquals(List.of(1, 1), waits);
    for (int i = 0; i < here.size(); i++) assertEquals(here.get(i), there.get(i), 5e-3 * here.get(i));
    assertTrue(there.get(1) < there.get(0), "" + there);
  }
}
