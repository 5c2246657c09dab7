package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Trains a transformer and its text encoder together by flow matching.
final class TeacherStage extends LearnerStage {
  /// @param steps in all
  /// @param from a model whose transformer it starts with, if not with random numbers
  /// @param batches how they are made up
  /// @param learning how it learns
  record Config(long steps, Optional<Path> from, Batches.Config batches, Learning learning) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("steps"), json.has("from")
          ? Optional.of(Path.of(json.string("from")))
          : Optional.empty(), Batches.Config.read(json.object("batches")), Learning.read(json.object("learning")));
      json.refuseUnknown();
      return config;
    }
  }

  private final WanTransformer transformer;
  private final Umt5Encoder encoder;
  private final Batches batches;
  private final Samples samples;
  private final long steps;
  private final Learner learner;

  TeacherStage(WanTransformer transformer, Umt5Encoder encoder, Batches batches, Samples samples, Config config) {
    super("teacher");
    DType compute = config.learning().compute();
    this.transformer = computing(compute, transformer);
    this.encoder = computing(compute, encoder);
    this.batches = batches;
    this.samples = samples;
    this.steps = config.steps();
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    this.transformer.parameters().forEach((name, p) -> parameters.put("transformer." + name, p));
    this.encoder.parameters().forEach((name, p) -> parameters.put(Learning.TEXT + name, p));
    this.learner = learner("teacher", config.learning().learner(parameters, config.steps()));
  }

  @Override
  long steps() { return steps; }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      Batches.Batch batch = batches.at(number);
      Learner.Outcome outcome = learner.learn(() -> batch.flowLoss(transformer, batch.text().context(encoder)));
      return Metrics.of(outcome, learner.rate());
    }
  }

  /// Gives both networks the averaged parameters.
  void finish() { average(transformer, encoder); }

  private void average(WanTransformer transformer, Umt5Encoder encoder) {
    Map<String, Tensor> averages = learner.averages();
    transformer.load(part(averages, "transformer."));
    encoder.load(part(averages, Learning.TEXT));
  }

  @Override
  void sample(Path file) throws IOException {
    WanTransformer transformerNow = transformer.copy();
    Umt5Encoder encoderNow = encoder.copy();
    average(transformerNow, encoderNow);
    samples.save(file, transformerNow, encoderNow);
  }

  private static Map<String, Tensor> part(Map<String, Tensor> all, String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    all.forEach((name, t) -> {
      if (name.startsWith(prefix)) part.put(name.substring(prefix.length()), t);
    });
    return part;
  }
}
