package dev.raiju.training.recipe;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.training.data.Combination;
import dev.raiju.training.data.Combinations;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Handwriting;
import dev.raiju.training.data.MovingDigits;
import dev.raiju.training.data.MovingShapes;
import dev.raiju.training.eval.ClipPixels;
import dev.raiju.training.eval.FeatureNet;
import dev.raiju.training.eval.SceneLabels;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.optim.Schedule;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Trains the network whose features sets of clips are compared by. It is no part of a model: it judges them, and so it sees all
/// combinations, those that models never do included; else what it says of one attribute would hang on others.
final class FeatureStage extends LearnerStage {
  private static final int BATCH = 24;

  private final FeatureNet net;
  private final MovingShapes shapes;
  private final MovingDigits digits;
  private final long steps;
  private final Device device;
  private final Learner learner;

  /// @param net is trained in place
  /// @param steps in all
  FeatureStage(FeatureNet net, long seed, long steps, Device device) {
    super("features");
    this.net = net;
    Combinations all = new Combinations(Combination.shapes(), Combination.digits());
    this.shapes = MovingShapes.of(seed, all);
    this.digits = MovingDigits.of(seed, all, Handwriting.training());
    this.steps = steps;
    this.device = device;
    Learning learning = new Learning(2e-3, 0, 0, 0.9, 0.99, 1e-8, 0.02, Math.min(50, steps / 10), Schedule.Shape.COSINE, 0, 0.01,
        1,
        0.99, 0,
        DType.F32);
    this.learner = learner("features", learning.learner(net.parameters(), steps));
  }

  @Override
  long steps() { return steps; }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      List<Example> examples = new ArrayList<>();
      for (long place = (number - 1) * BATCH; examples.size() < BATCH; place++) examples.add(example(place));
      float[] truths = new float[BATCH * SceneLabels.COUNT];
      for (int i = 0; i < BATCH; i++)
        System.arraycopy(SceneLabels.of(examples.get(i).scene()), 0, truths, i * SceneLabels.COUNT,
            SceneLabels.COUNT);
      Tensor pixels = ClipPixels.of(examples.parallelStream().map(Example::paint).toList(), device);
      Tensor labels = Tensor.of(Spec.of(DType.F32, BATCH, SceneLabels.COUNT), MemorySegment.ofArray(truths), device);
      Learner.Outcome outcome = learner.learn(() -> LabelLoss.of(net.forward(pixels), labels).mean());
      return Metrics.of(outcome, learner.rate());
    }
  }

  /// One shape, two shapes and a digit in turn.
  private Example example(long place) {
    return switch ((int) (place % 3)) {
      case 0 -> shapes.one(place);
      case 1 -> shapes.two(place);
      default -> digits.clip(place);
    };
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
