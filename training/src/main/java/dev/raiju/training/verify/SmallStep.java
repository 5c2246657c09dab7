package dev.raiju.training.verify;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// A step of flow matching with a small transformer, of the same numbers on every device: it shows whether a backend trains as the
/// CPU does.
///
/// ```java
/// try (SmallStep here = SmallStep.on(Device.named("cpu"), DType.F32); SmallStep there = SmallStep.on(device, DType.F32)) {
///   SmallStep.compare(here.gradients(), there.gradients()).forEach((name, near) -> check(near.error() < 1e-4));
/// }
/// ```
public final class SmallStep implements AutoCloseable {
  /// Gradients whose numbers are smaller are rounding alone, such as those of a bias of keys, which moves all scores of a query alike.
  private static final double NOTHING = 1e-7;
  private static final WanConfig SIZES = sizes();

  private final Device device;
  private final WanTransformer plain;
  private final WanTransformer model;

  private static WanConfig sizes() {
    WanConfig wan = WanConfig.WAN_1_3B;
    return new WanConfig(32, 2, 16, 48, 1, 24, 6, 16, 4, 4, wan.patch(), wan.eps(), wan.ropeTheta());
  }

  private SmallStep(Device device, WanTransformer plain, WanTransformer model) {
    this.device = device;
    this.plain = plain;
    this.model = model;
  }

  /// @param compute the type that products round their factors to
  public static SmallStep on(Device device, DType compute) {
    Initializer random = Initializer.random(Rng.of(11), Device.named("cpu"));
    // no matrix begins with zeros, which would hide what is before it
    WanTransformer plain = WanTransformer.create(SIZES, new Initializer() {
      @Override
      public Tensor uniform(double bound, long... sizes) { return random.uniform(bound, sizes).to(device); }

      @Override
      public Tensor normal(double deviation, long... sizes) { return random.normal(deviation, sizes).to(device); }

      @Override
      public Tensor constant(double value, long... sizes) {
        return (sizes.length < 2 ? random.constant(value, sizes) : random.normal(0.2, sizes)).to(device);
      }
    });
    return new SmallStep(device, plain, plain.computing(compute));
  }

  private Tensor normal(int seed, long... sizes) { return Rng.of(seed).normal(Device.named("cpu"), sizes).to(device); }

  /// Of the parameters as they are.
  public Tensor loss() {
    return FlowLoss.of(model::forward, normal(1, 1, 4, 2, 4, 6), normal(2, 1, 4, 2, 4, 6), Tensor.of(new float[] {0.6f}, 1).to(
        device), normal(3, 1, 6, 24));
  }

  /// Learns by Muon in the matrices of the blocks and by AdamW in everything else, and changes the parameters here.
  public Learner learner() {
    Map<String, Tensor> matrices = new LinkedHashMap<>();
    Map<String, Tensor> others = new LinkedHashMap<>();
    model.parameters().forEach((name, p) -> (p.rank() == 2 && name.contains("blocks.") ? matrices : others).put(name, p));
    return new Learner(model.parameters(), List.of(new AdamWOptimizer(others, new AdamW(0.9, 0.99, 1e-8, 0.01)), new Muon(
        matrices, 0.95, 0.01, DType.BF16)), List.of(Schedule.constant(1e-3), Schedule.constant(1e-3)), 1, 0.9);
  }

  /// The loss's gradient for each parameter.
  public SequencedMap<String, double[]> gradients() {
    Map<String, Tensor> parameters = model.parameters();
    SequencedMap<String, double[]> all = new LinkedHashMap<>();
    try (Scope _ = Scope.open(); Tape tape = Tape.record(parameters.values())) {
      Gradients gradients = tape.gradients(loss(), parameters.values());
      parameters.forEach((name, p) -> all.put(name, gradients.of(p).toDoubles()));
    }
    return all;
  }

  /// How near a gradient is to what it should be.
  ///
  /// @param error `‖found - expected‖ / ‖expected‖`
  /// @param cosine of the angle between the two
  public record Nearness(double error, double cosine) {
    private static Nearness of(double[] expected, double[] found) {
      double difference = 0;
      double dot = 0;
      double lengths = 0;
      double wanted = 0;
      for (int i = 0; i < expected.length; i++) {
        difference += (found[i] - expected[i]) * (found[i] - expected[i]);
        dot += found[i] * expected[i];
        lengths += found[i] * found[i];
        wanted += expected[i] * expected[i];
      }
      return new Nearness(Math.sqrt(difference / wanted), dot / Math.sqrt(lengths * wanted));
    }
  }

  /// Compares all gradients that are more than rounding.
  ///
  /// @throws IllegalArgumentException if they are of other parameters
  public static SequencedMap<String, Nearness> compare(Map<String, double[]> expected, Map<String, double[]> found) {
    if (!expected.keySet().equals(found.keySet()))
      throw new IllegalArgumentException("gradients: of " + found.keySet() + "; needs " + expected.keySet());
    SequencedMap<String, Nearness> all = new LinkedHashMap<>();
    expected.forEach((name, wanted) -> {
      double length = 0;
      for (double x : wanted) length += x * x;
      if (Math.sqrt(length / wanted.length) >= NOTHING)
        all.put(name, Nearness.of(wanted, Objects.requireNonNull(found.get(name))));
    });
    return all;
  }

  @Override
  public void close() {
    model.close();
    plain.close();
  }
}
