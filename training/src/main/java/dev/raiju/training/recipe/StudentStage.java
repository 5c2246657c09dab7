package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.distill.StudentLoss;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Lets a pruned student recover: under its teacher's output and blocks (stage I), or by flow matching alone (stage II, whose
/// weights of the teacher are 0). The text encoder is frozen.
final class StudentStage extends LearnerStage {
  /// @param steps in all
  /// @param output weight of the match with the teacher's velocity
  /// @param blocks weight of the alignment of blocks
  /// @param batches how they are made up
  /// @param learning how it learns
  record Config(long steps, double output, double blocks, Batches.Config batches, Learning learning) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("steps"), json.number("output", 0), json.number("blocks", 0), Batches.Config.read(
          json.object("batches")), Learning.read(json.object("learning")));
      json.refuseUnknown();
      return config;
    }
  }

  private final WanTransformer student;
  private final WanTransformer teacher;
  private final Umt5Encoder encoder;
  private final Batches batches;
  private final Samples samples;
  private final Config config;
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
    this.learner = learner("student", config.learning().learner(this.student.parameters(), config.steps()));
  }

  @Override
  long steps() { return config.steps(); }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      Batches.Batch batch = batches.at(number);
      Tensor context = batch.text().context(encoder);
      double[] flow = new double[1];
      Learner.Outcome outcome = learner.learn(() -> {
        if (config.output() == 0 && config.blocks() == 0) return batch.flowLoss(student, context);
        StudentLoss.Terms terms = new StudentLoss(1, config.output(), config.blocks(), 1).of(student, teacher, batch.clean(),
            batch
                .noise(), batch.sigma(), context);
        flow[0] = terms.flow().item();
        return terms.total();
      });
      Map<String, Double> values = new LinkedHashMap<>(Metrics.of(outcome, learner.rate()).values());
      values.put("flow", flow[0] == 0 ? outcome.loss() : flow[0]);
      return new Metrics(values, outcome.applied());
    }
  }

  /// Gives the student the averaged parameters.
  void finish() { student.load(learner.averages()); }

  @Override
  void sample(Path file) throws IOException {
    WanTransformer now = student.copy();
    now.load(learner.averages());
    samples.save(file, now, encoder.copy());
  }
}
