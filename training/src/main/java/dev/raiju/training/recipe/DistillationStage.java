package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Losses;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.training.distill.CollapseMonitor;
import dev.raiju.training.distill.DistributionMatching;
import dev.raiju.training.distill.GanHead;
import dev.raiju.training.flow.FlowMatching;
import dev.raiju.training.flow.NoiseLevels;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Distils a model to a few steps by distribution matching. A step is several updates of the critic and one of the generator; in
/// the first steps only the critic learns, which begins as a copy of the teacher.
final class DistillationStage extends LearnerStage {
  /// @param steps in all
  /// @param criticOnly of them without the generator
  /// @param criticUpdates in a step
  /// @param levels of the generator, falling from 1, before their shift
  /// @param shift of the generator's levels
  /// @param guidance of the teacher: `cond + guidance · (cond - uncond)`
  /// @param extras what is not in the method itself
  /// @param scores where the two scores are compared
  /// @param batches captions and how many
  /// @param generator how it learns
  /// @param critic how it learns
  record Config(long steps, long criticOnly, int criticUpdates, List<Double> levels, double shift, double guidance,
      Extras extras, NoiseLevels scores, Batches.Config batches, Learning generator, Learning critic) {
    static Config read(Fields json) throws ModelFormatException {
      List<Double> levels = new ArrayList<>();
      for (double level : json.numbers("levels")) levels.add(level);
      Config config = new Config(json.integer("steps"), json.integer("critic_only", 0), json.integer("critic_updates", 1, 1000),
          levels, json.number("shift", 1), guidance(json), Extras.read(json), Batches.Config.levels(json.object("scores")),
          Batches.Config
              .read(json.object("batches")), Learning.read(json.object("generator")), Learning.read(json.object("critic")));
      json.refuseUnknown();
      return config;
    }

    /// `"guidance_form"` says which: `extra` pushes from the conditional guess, `scale` from the other.
    private static double guidance(Fields json) throws ModelFormatException {
      double given = json.number("guidance");
      String form = json.string("guidance_form", "extra");
      return switch (form) {
        case "extra" -> given;
        case "scale" -> DistributionMatching.extraGuidance(given);
        default -> throw json.refuse("guidance_form", "is " + form + "; needs extra or scale");
      };
    }

    private DistributionMatching matching() {
      return new DistributionMatching(levels.stream().map(level -> NoiseLevels.shifted(level, shift)).toList(), guidance, extras
          .normalizer());
    }
  }

  /// What studies compare the method with; all of it off by default.
  ///
  /// @param normalizer over what the distance of sample and teacher is a mean
  /// @param printedSign whether the generator goes the way that the paper prints, which leads away from the teacher
  /// @param regression weight of the distance from the teacher's own sample, where the generator begins at noise
  /// @param regressionSteps of the teacher's sampler
  /// @param adversarial weight of the adversarial term, in both losses
  record Extras(DistributionMatching.Normalizer normalizer, boolean printedSign, double regression, int regressionSteps,
      double adversarial) {
    static Extras read(Fields json) throws ModelFormatException {
      String over = json.string("normalizer", "sample");
      DistributionMatching.Normalizer normalizer = switch (over) {
        case "sample" -> DistributionMatching.Normalizer.SAMPLE;
        case "batch" -> DistributionMatching.Normalizer.BATCH;
        default -> throw json.refuse("normalizer", "is " + over + "; needs sample or batch");
      };
      return new Extras(normalizer, json.flag("printed_sign", false), json.number("regression", 0), json.has("regression_steps")
          ? json.integer("regression_steps", 1, 1000)
          : 8, json.number("adversarial", 0));
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
  private final Optional<GanHead> head;
  private List<String> problems = List.of();

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
    this.head = config.extras().adversarial() > 0
        ? Optional.of(GanHead.create(Initializer.random(Rng.of(0), batches.device()), critic))
        : Optional.empty();
    Map<String, Tensor> judging = new LinkedHashMap<>(this.critic.parameters());
    head.ifPresent(of -> of.parameters().forEach((part, t) -> judging.put("adversarial." + part, t)));
    this.criticLearner = learner("critic", config.critic().learner(judging, config.steps() * config.criticUpdates()));
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
      applied &= outcome.isSound();
    }
    Map<String, Double> values = new LinkedHashMap<>();
    if (number > config.criticOnly()) {
      Learner.Outcome outcome = generate(first + updates);
      applied &= outcome.isSound();
      values.put("loss", outcome.loss());
      values.put("gradient norm", outcome.gradientNorm());
    } else {
      values.put("loss", 0.0);
      values.put("gradient norm", 0.0);
    }
    values.put("critic", critical);
    values.put("rate", generatorLearner.rate());
    return new Metrics(values, applied, problems);
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
      Tensor noise = draw.noise(config.levels().size());
      return criticLearner.learn(() -> {
        Tensor loss = DistributionMatching.criticLoss(critic::forward, sample, noise, draw.sigma(), draw.context());
        if (head.isEmpty()) return loss;
        Tensor fake = FlowMatching.noised(sample, noise, draw.sigma());
        Tensor data = FlowMatching.noised(draw.batch().clean(), noise, draw.sigma());
        return loss.add(head.get().criticLoss(critic, fake, data, draw.sigma(), draw.context()).mul(config.extras()
            .adversarial()));
      });
    }
  }

  private Learner.Outcome generate(long update) {
    try (Scope scope = Scope.open()) {
      Draw draw = draw(update);
      Tensor empty = batches.empty(Math.toIntExact(draw.context().size(0))).context(encoder);
      Tensor noise = draw.noise(config.levels().size());
      return generatorLearner.learn(() -> {
        Tensor sample = matching.generate(generator::forward, draw::noise, draw.exit(), draw.context());
        problems = CollapseMonitor.problems(CollapseMonitor.Reading.of(sample), CollapseMonitor.Reading.of(draw.batch().clean()));
        Tensor direction = matching.direction(sample, noise, draw.sigma(), teacher::forward, critic::forward, draw.context(),
            empty);
        Tensor loss = DistributionMatching.generatorLoss(sample, config.extras().printedSign() ? direction.neg() : direction);
        return withExtras(loss, sample, draw, noise, empty);
      });
    }
  }

  private Tensor withExtras(Tensor matched, Tensor sample, Draw draw, Tensor noise, Tensor empty) {
    Extras extras = config.extras();
    Tensor loss = matched;
    if (extras.regression() > 0 && draw.exit() == 0) {
      Tensor goal = matching.teacherSample(teacher::forward, draw.noise(0), extras.regressionSteps(), draw.context(), empty);
      loss = loss.add(Losses.mse(sample, goal).mul(extras.regression()));
    }
    if (head.isEmpty()) return loss;
    Tensor noisy = FlowMatching.noised(sample, noise, draw.sigma());
    return loss.add(head.get().generatorLoss(critic, noisy, draw.sigma(), draw.context()).mul(extras.adversarial()));
  }

  /// Gives the generator the averaged parameters.
  void finish() { generator.load(generatorLearner.averages()); }

  /// A generator of its own with the averaged parameters.
  WanTransformer averaged() {
    WanTransformer now = generator.copy();
    now.load(generatorLearner.averages());
    return now;
  }

  @Override
  void sample(Path file) throws IOException { samples.save(file, averaged(), encoder.copy()); }

  @Override
  public void close() {
    super.close();
    head.ifPresent(GanHead::close);
  }
}
