package dev.raiju.training.recipe;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Handwriting;
import dev.raiju.training.eval.DigitNet;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.optim.Schedule;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Trains the network that digits in clips are read with. It is no part of a model: it judges them.
final class ReaderStage extends LearnerStage {
  private static final long STEPS = 12_000;
  private static final int BATCH = 64;
  private static final Learning LEARNING = new Learning(2e-3, 0, 0, 0.9, 0.99, 1e-8, 0.02, 50, Schedule.Shape.COSINE, 0, 0.01, 1,
      0.99, 0, DType.F32);
  private static final int PIXELS = Handwriting.SIDE * Handwriting.SIDE;

  private final DigitNet net;
  private final Rng seed;
  private final Device device;
  private final Learner learner;

  /// @param net is trained in place
  ReaderStage(DigitNet net, Rng seed, Device device) {
    super("reader");
    this.net = net;
    this.seed = seed;
    this.device = device;
    this.learner = learner("reader", LEARNING.learner(net.parameters(), STEPS));
  }

  @Override
  long steps() { return STEPS; }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(seed.seed()).stream(seed.stream() + number);
      float[] ink = new float[BATCH * PIXELS];
      int[] digits = new int[BATCH];
      for (int i = 0; i < BATCH; i++) {
        digits[i] = rng.nextInt(Digit.COUNT);
        var samples = Handwriting.training().of(new Digit(digits[i]));
        WornInk.draw(samples.get(rng.nextInt(samples.size())), rng, ink, i * PIXELS);
      }
      Tensor images = Tensor.of(Spec.of(DType.F32, BATCH, 1, Handwriting.SIDE, Handwriting.SIDE), MemorySegment.ofArray(ink),
          device);
      Tensor classes = Tensor.of(digits, BATCH).to(device);
      Learner.Outcome outcome = learner.learn(() -> Losses.crossEntropy(net.forward(images), classes).mean());
      return Metrics.of(outcome, learner.rate());
    }
  }

  /// Writes the averaged parameters in f16.
  void write(Path file) throws IOException {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      learner.averages().forEach((name, t) -> weights.put(name, t.to(DType.F16)));
      SafeTensors.write(file, weights, Map.of());
    }
  }
}
