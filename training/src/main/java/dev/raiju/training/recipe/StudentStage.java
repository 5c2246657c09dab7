package dev.raiju.training.recipe;

import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.distill.Alignment;
import dev.raiju.training.distill.CheckpointedBlocks;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.distill.StudentLoss;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/// Lets a pruned student recover: under its teacher's output and blocks (stage I), or by flow matching alone (stage II, whose
/// weights of the teacher are 0). The text encoder is frozen.
final class StudentStage extends LearnerStage {
  /// @param steps in all
  /// @param output weight of the match with the teacher's velocity
  /// @param blocks weight of the alignment of blocks
  /// @param alignment which blocks are aligned
  /// @param checkpoint whether activations are computed again for gradients
  /// @param accumulate batches in a step
  /// @param batches how they are made up
  /// @param learning how it learns
  record Config(long steps, double output, double blocks, Alignment alignment, boolean checkpoint, int accumulate,
      Batches.Config batches, Learning learning) {
    private static final int MOST = 1 << 16;

    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("steps"), json.number("output", 0), json.number("blocks", 0), alignment(json), json
          .flag("checkpoint", false), json.has("accumulate") ? json.integer("accumulate", 1, MOST) : 1, Batches.Config.read(json
              .object("batches")), Learning.read(json.object("learning")));
      json.refuseUnknown();
      return config;
    }

    /// `"align": [2, 5]` names blocks, `"align_with": [4, 9]` those of a teacher that has more; `"align_every": 3` takes every third;
    /// without them all are aligned.
    private static Alignment alignment(Fields json) throws ModelFormatException {
      int every = json.has("align_every") ? json.integer("align_every", 1, MOST) : 1;
      if (!json.has("align")) return Alignment.every(every);
      long[] student = json.integers("align");
      long[] teacher = json.has("align_with") ? json.integers("align_with") : student;
      if (teacher.length != student.length)
        throw json.refuse("align_with", "has " + teacher.length + " blocks; needs one for each of " + student.length);
      try {
        return new Alignment(every, IntStream.range(0, student.length).mapToObj(i -> new Alignment.Pair(Math.toIntExact(
            student[i]),
            Math.toIntExact(teacher[i]))).toList());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw json.refuse("align", "makes no sense: " + e.getMessage());
      }
    }
  }

  private final WanTransformer student;
  private final WanTransformer teacher;
  private final Umt5Encoder encoder;
  private final Batches batches;
  private final Samples samples;
  private final Config config;
  private final BlockRunner runner;
  private final Learner learner;

  /// @param student is trained in place
  StudentStage(String name, WanTransformer student, WanTransformer teacher, Umt5Encoder encoder, Batches batches, Samples samples,
      Config config) {
    super(name);
    DType compute = config.learning().compute();
    this.student = computing(compute, student);
    this.teacher = computing(compute, teacher);
    this.encoder = computing(compute, encoder);
    this.batches = batches;
    this.samples = samples;
    this.config = config;
    this.runner = CheckpointedBlocks.when(config.checkpoint());
    this.learner = learner("student", config.learning().learner(this.student.parameters(), config.steps()));
  }

  @Override
  long steps() { return config.steps(); }

  @Override
  public Metrics step(long number) {
    int parts = config.accumulate();
    double[] flow = new double[1];
    Learner.Outcome outcome = learner.learn(parts, part -> {
      Batches.Batch batch = batches.at((number - 1) * parts + part + 1);
      Tensor context = batch.text().context(encoder);
      if (config.output() == 0 && config.blocks() == 0) {
        return FlowLoss.of((x, timestep, text) -> student.forward(x, timestep, text, runner), batch.clean(), batch.noise(), batch
            .sigma(), context);
      }
      StudentLoss.Terms terms = new StudentLoss(1, config.output(), config.blocks(), config.alignment()).of(student, teacher,
          batch
              .clean(), batch.noise(), batch.sigma(), context, runner);
      flow[0] += terms.flow().item() / parts;
      return terms.total();
    });
    Map<String, Double> values = new LinkedHashMap<>(Metrics.of(outcome, learner.rate()).values());
    values.put("flow", flow[0] == 0 ? outcome.loss() : flow[0]);
    return new Metrics(values, outcome.isSound());
  }

  /// Gives the student the averaged parameters.
  void finish() { student.load(learner.averages()); }

  /// A student of its own with the averaged parameters.
  WanTransformer averaged() {
    WanTransformer now = student.copy();
    now.load(learner.averages());
    return now;
  }

  @Override
  void sample(Path file) throws IOException { samples.save(file, averaged(), encoder.copy()); }
}
