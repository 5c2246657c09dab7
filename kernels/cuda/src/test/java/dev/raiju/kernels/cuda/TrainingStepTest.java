package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.Muon;
import dev.raiju.training.optim.Schedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A step of flow matching with a small transformer, on the stand-in and on the CPU.
class TrainingStepTest {
  private static final WanConfig SIZES = sizes();

  private static WanConfig sizes() {
    WanConfig wan = WanConfig.WAN_1_3B;
    return new WanConfig(32, 2, 16, 48, 1, 24, 6, 16, 4, 4, wan.patch(), wan.eps(), wan.ropeTheta());
  }

  private static final class Model implements AutoCloseable {
    private final WanTransformer plain;
    private final WanTransformer model;
    private final Device device;

    Model(Device device, DType compute) {
      this.device = device;
      // no matrix begins with zeros, which would hide what is before it
      Initializer random = Initializer.random(Rng.of(11), Device.named("cpu"));
      plain = WanTransformer.create(SIZES, new Initializer() {
        @Override
        public Tensor uniform(double bound, long... sizes) { return random.uniform(bound, sizes).to(device); }

        @Override
        public Tensor normal(double deviation, long... sizes) { return random.normal(deviation, sizes).to(device); }

        @Override
        public Tensor constant(double value, long... sizes) {
          return (sizes.length < 2 ? random.constant(value, sizes) : random.normal(0.2, sizes)).to(device);
        }
      });
      model = plain.computing(compute);
    }

    private Tensor normal(int seed, long... sizes) { return Rng.of(seed).normal(Device.named("cpu"), sizes).to(device); }

    Tensor loss() {
      return FlowLoss.of(model::forward, normal(1, 1, 4, 2, 4, 6), normal(2, 1, 4, 2, 4, 6), Tensor.of(new float[] {0.6f}, 1).to(
          device), normal(3, 1, 6, 24));
    }

    Map<String, double[]> gradients() {
      Map<String, Tensor> parameters = model.parameters();
      Map<String, double[]> all = new LinkedHashMap<>();
      try (Scope scope = Scope.open(); Tape tape = Tape.record(parameters.values())) {
        Gradients gradients = tape.gradients(loss(), parameters.values());
        parameters.forEach((name, p) -> all.put(name, gradients.of(p).toDoubles()));
      }
      return all;
    }

    @Override
    public void close() {
      model.close();
      plain.close();
    }
  }

  /// `‖a - b‖ / ‖b‖`, and the cosine of the angle between them.
  private static double[] compare(double[] a, double[] b) {
    double difference = 0;
    double dot = 0;
    double lengthA = 0;
    double lengthB = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      dot += a[i] * b[i];
      lengthA += a[i] * a[i];
      lengthB += b[i] * b[i];
    }
    return new double[] {Math.sqrt(difference / lengthB), dot / Math.sqrt(lengthA * lengthB)};
  }

  @ParameterizedTest
  @CsvSource({"f32, 1e-4, 0.999999", "bf16, 2e-2, 0.999"})
  void gradientsAreThoseOfTheCpu(String compute, double error, double cosine) {
    Map<String, double[]> expected;
    Map<String, double[]> found;
    try (Model here = new Model(Device.named("cpu"), DType.parse(compute))) {
      expected = here.gradients();
    }
    try (Model there = new Model(Device.of(StandIn.backend()), DType.parse(compute))) {
      found = there.gradients();
    }
    assertEquals(expected.keySet(), found.keySet());
    double worst = 0;
    for (String name : expected.keySet()) {
      double[] b = expected.get(name);
      double length = 0;
      for (double x : b) length += x * x;
      // a bias of keys moves all scores of a query alike: its gradient is rounding alone
      if (Math.sqrt(length / b.length) < 1e-7) continue;
      double[] near = compare(found.get(name), b);
      worst = Math.max(worst, near[0]);
      assertTrue(near[0] <= error && near[1] >= cosine, name + ": error " + near[0] + ", cosine " + near[1]);
    }
    System.out.printf("cuda: gradients of a step in %s: %d tensors, worst error %.1e%n", compute, expected.size(), worst);
  }

  /// The host runs ahead of the device, and waits once to see the loss and the length of the gradient.
  @ParameterizedTest
  @CsvSource("bf16")
  void aStepWaitsForTheDeviceOnceAndMovesAsOnTheCpu(String compute) {
    List<Double> here = new ArrayList<>();
    List<Double> there = new ArrayList<>();
    List<Integer> waits = new ArrayList<>();
    try (Model model = new Model(Device.named("cpu"), DType.parse(compute)); Learner learner = learner(model)) {
      for (int i = 0; i < 2; i++) here.add(learner.learn(model::loss).loss());
    }
    try (Model model = new Model(Device.of(StandIn.backend()), DType.parse(compute)); Learner learner = learner(model)) {
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

  private static Learner learner(Model model) {
    Map<String, Tensor> matrices = new LinkedHashMap<>();
    Map<String, Tensor> others = new LinkedHashMap<>();
    model.model.parameters().forEach((name, p) -> (p.rank() == 2 && name.contains("blocks.") ? matrices : others).put(name, p));
    return new Learner(model.model.parameters(), List.of(new AdamWOptimizer(others, new AdamW(0.9, 0.99, 1e-8, 0.01)), new Muon(
        matrices, 0.95, 0.01, DType.BF16)), List.of(Schedule.constant(1e-3), Schedule.constant(1e-3)), 1, 0.9);
  }
}
