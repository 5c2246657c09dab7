package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.training.distill.DistributionMatching;
import dev.raiju.training.flow.NoiseLevels;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Distils a model to a few steps by distribution matching. A step is several updates of the critic and one of the generator; in
/// the first steps only the critic learns, which begins as a copy of the teacher.
final class DistillationStage extends LearnerStage {
  /// @param steps in all
  /// @param criticOnly of them without the generator
  /// @param criticUpdates in a step
  /// @param levels of the generator, falling from 1, before their shift
  /// @param shift of the generator's levels
  /// @param guidance of the teacher: `cond + guidance · (cond - uncond)`
  /// @param scores where the two scores are compared
  /// @param batches captions and how many
  /// @param generator how it learns
  /// @param critic how it learns
  record Config(long steps, long criticOnly, int criticUpdates, List<Double> levels, double shift, double guidance,
      NoiseLevels scores, Batches.Config batches, Learning generator, Learning critic) {
    static Config read(Fields json) throws ModelFormatException {
      List<Double> levels = new ArrayList<>();
      for (double level : json.numbers("levels")) levels.add(level);
      Config config = new Config(json.integer("steps"), json.integer("critic_only", 0), json.integer("critic_updates", 1, 1000),
          levels, json.number("shift", 1), json.number("guidance"), Batches.Config.levels(json.object("scores")), Batches.Config
              .read(json.object("batches")), Learning.read(json.object("generator")), Learning.read(json.object("critic")));
      json.refuseUnknown();
      return config;
    }

    private DistributionMatching matching() {
      return new DistributionMatching(levels.stream().map(level -> NoiseLevels.shifted(level, shift)).toList(), guidance);
    }
  }

  private final WanTransformer generator;
  private final WanTransformer teacher;
  private final WanTransformer critic;
  private final Umt5Encoder encoder;
  private final Batches batches;
  private final Samples samples;
  private final Config config;
  private final DistributionMatching matching;
  private final Learner generatorLearner;
  private final Learner criticLearner;

  /// @param generator is trained in place
  /// @param critic is trained in place
  DistillationStage(String name, WanTransformer generator, WanTransformer teacher, WanTransformer critic, Umt5Encoder encoder,
      Batches batches, Samples samples, Config config) {
    super(name);
    DType compute = config.generator().compute();
    this.generator = computing(compute, generator);
    this.teacher = computing(compute, teacher);
    this.critic = computing(config.critic().compute(), critic);
    this.encoder = computing(compute, encoder);
    this.batches = batches;
    this.samples = samples;
    this.config = config;
    this.matching = config.matching();
    this.generatorLearner = learner("generator", config.generator().learner(this.generator.parameters(), config.steps()));
    this.criticLearner = learner("critic", config.critic().learner(this.critic.parameters(), config.steps() * config
        .criticUpdates()));
  }

  @Override
  long steps() { return config.steps(); }

  @Override
  public Metrics step(long number) {
    int updates = config.criticUpdates();
    long first = (number - 1) * (updates + 1) + 1;
    double critical = 0;
    boolean applied = true;
    for (int i = 0; i < updates; i++) {
      Learner.Outcome outcome = criticize(first + i);
      critical += outcome.loss() / updates;
      applied &= outcome.applied();
    }
    Map<String, Double> values = new LinkedHashMap<>();
    if (number > config.criticOnly()) {
      Learner.Outcome outcome = generate(first + updates);
      applied &= outcome.applied();
      values.put("loss", outcome.loss());
      values.put("gradient norm", outcome.gradientNorm());
    } else {
      values.put("loss", 0.0);
      values.put("gradient norm", 0.0);
    }
    values.put("critic", critical);
    values.put("rate", generatorLearner.rate());
    return new Metrics(values, applied);
  }

  /// What the draws of one update are made from.
  ///
  /// @param batch gives captions and shapes; its latents are not looked at
  private record Draw(Batches.Batch batch, Rng rng, int exit, Tensor sigma, Tensor context) {
    Tensor noise(int index) {
      Rng own = Rng.of(rng.seed()).stream(rng.stream() + 1 + index);
      return own.draw(RandomDraw.Distribution.NORMAL, DType.F32, batch.clean().shape(), batch.clean().device());
    }
  }

  private Draw draw(long update) {
    Batches.Batch batch = batches.at(update);
    Rng rng = batches.random("distillation", update);
    int exit = rng.nextInt(config.levels().size());
    int count = Math.toIntExact(batch.clean().size(0));
    Tensor sigma = Tensor.of(config.scores().draw(rng, count), count).to(batch.clean().device());
    return new Draw(batch, rng, exit, sigma, batch.text().context(encoder));
  }

  private Learner.Outcome criticize(long update) {
    try (Scope scope = Scope.open()) {
      Draw draw = draw(update);
      Tensor sample = matching.generate(generator::forward, draw::noise, draw.exit(), draw.context());
      int after = config.levels().size();
      return criticLearner.learn(() -> DistributionMatching.criticLoss(critic::forward, sample, draw.noise(after), draw.sigma(),
          draw
              .context()));
    }
  }

  private Learner.Outcome generate(long update) {
    try (Scope scope = Scope.open()) {
      Draw draw = draw(update);
      Tensor empty = batches.empty(Math.toIntExact(draw.context().size(0))).context(encoder);
      int after = config.levels().size();
      return generatorLearner.learn(() -> {
        Tensor sample = matching.generate(generator::forward, draw::noise, draw.exit(), draw.context());
        Tensor direction = matching.direction(sample, draw.noise(after), draw.sigma(), teacher::forward, critic::forward, draw
            .context(), empty);
        return DistributionMatching.generatorLoss(sample, direction);
      });
    }
  }

  /// Gives the generator the averaged parameters.
  void finish() { generator.load(generatorLearner.averages()); }

  @Override
  void sample(Path file) throws IOException {
    WanTransformer now = generator.copy();
    now.load(generatorLearner.averages());
    samples.save(file, now, encoder.copy());
  }
}
