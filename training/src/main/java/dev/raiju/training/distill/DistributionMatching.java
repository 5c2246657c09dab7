package dev.raiju.training.distill;

import dev.raiju.autograd.Tape;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.flow.FlowMatching;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Distribution matching distillation: a generator of few steps learns from the difference of two scores, that of the data (a
/// frozen teacher) and that of its own samples (a critic that follows it). Yin et al. 2024, arXiv:2311.18828 and
/// arXiv:2405.14867; Huang et al. 2025, arXiv:2506.08009, for the backward simulation.
///
/// The gradient is `critic's data - teacher's data`, over the mean distance of sample and teacher: going down along it moves
/// the samples from where the critic sees them to where the teacher does.
///
/// @param levels the generator's noise levels, falling, from 1
/// @param guidance how far the teacher is pushed from its unconditional guess: `cond + guidance · (cond - uncond)`
/// @param normalizer over what the distance of sample and teacher is a mean
public record DistributionMatching(List<Double> levels, double guidance, Normalizer normalizer) {
  /// Over what the distance is a mean.
  public enum Normalizer { SAMPLE, BATCH }

  private static final Expr NEGLIGIBLE = Expr.of(1e-8);

  public DistributionMatching {
    levels = List.copyOf(levels);
    for (int i = 0; i < levels.size(); i++) {
      if (!(levels.get(i) > 0 && levels.get(i) <= 1) || i > 0 && levels.get(i) >= levels.get(i - 1)) {
        throw new IllegalArgumentException("distribution matching: levels " + levels
            + "; needs falling levels above 0, at most 1");
      }
    }
    if (levels.isEmpty()) throw new IllegalArgumentException("distribution matching: no levels");
  }

  /// With the distance of each sample, as published.
  public DistributionMatching(List<Double> levels, double guidance) { this(levels, guidance, Normalizer.SAMPLE); }

  /// Guidance of the other form, `uncond + scale · (cond - uncond)`, as samplers have it: one more than the extra.
  public static double extraGuidance(double scale) { return scale - 1; }

  /// The generator's samples, with a gradient through its last step alone: from noise it walks its own chain (guess the data,
  /// add fresh noise of the next level) without gradient up to step `exit`, and runs there with gradient.
  ///
  /// @param noise draw 0 is the start, draw `i` the fresh noise before step `i`; all of the sample's shape
  /// @param exit from 0
  public Tensor generate(VelocityField generator, IntFunction<Tensor> noise, int exit, Tensor context) {
    Tensor x;
    try (Scope scope = Scope.open(); var paused = Tape.pause()) {
      x = noise.apply(0);
      for (int i = 0; i < exit; i++) {
        Tensor data = generator.clean(x, level(i, x), context);
        x = FlowMatching.noised(data, noise.apply(i + 1), level(i + 1, x));
      }
      scope.keep(x);
    }
    return generator.clean(x, level(exit, x), context);
  }

  private Tensor level(int step, Tensor like) {
    Tensor value = Tensor.scalar((float) (double) levels.get(step)).to(like.device()).to(like.dtype());
    return value.reshape(1).broadcast(like.size(0)).contiguous();
  }

  /// The direction that a sample shall go against, computed without gradient.
  ///
  /// @param sample the generator's, `[B, …]`
  /// @param noise shape of `sample`
  /// @param sigma `[B]`, the level at which the scores are compared
  /// @param context the prompts
  /// @param uncond the empty or negative prompt, same shape
  public Tensor direction(Tensor sample, Tensor noise, Tensor sigma, VelocityField teacher, VelocityField critic, Tensor context,
      Tensor uncond) {
    try (Scope scope = Scope.open(); var paused = Tape.pause()) {
      Tensor x = FlowMatching.noised(sample, noise, sigma);
      Tensor imagined = critic.clean(x, sigma, context);
      Tensor cond = teacher.clean(x, sigma, context);
      Tensor real = cond;
      if (guidance != 0) {
        Expr guided = Expr.in(0).add(Expr.in(0).sub(Expr.in(1)).mul(guidance));
        real = Elementwise.elementwise("guided", guided, cond, teacher.clean(x, sigma, uncond));
      }
      int[] inner = IntStream.range(normalizer == Normalizer.BATCH ? 0 : 1, sample.rank()).toArray();
      Tensor distance = sample.sub(real).abs().mean(true, inner);
      Expr rule = Expr.in(0).sub(Expr.in(1)).div(Expr.in(2).max(NEGLIGIBLE));
      // where teacher and sample are both lost, nothing is to be learnt
      Expr finite = Expr.select(rule.equal(rule), rule, Expr.of(0));
      return scope.keep(Elementwise.elementwise("direction", finite, imagined, real, distance));
    }
  }

  /// The loss whose gradient with respect to the sample is `direction / elements`.
  public static Tensor generatorLoss(Tensor sample, Tensor direction) {
    return Losses.mse(sample, sample.sub(direction).detach()).mul(0.5);
  }

  /// Where a deterministic sampler of the teacher ends that begins at `noise`: Euler's method from level 1 to 0 in even steps. For the
  /// regression term of the first distribution matching, arXiv:2311.18828.
  ///
  /// @param uncond the empty or negative prompt, same shape as `context`
  public Tensor teacherSample(VelocityField teacher, Tensor noise, int steps, Tensor context, Tensor uncond) {
    try (Scope scope = Scope.open(); var paused = Tape.pause()) {
      Tensor x = noise;
      for (int i = steps; i > 0; i--) {
        double sigma = (double) i / steps;
        Tensor timestep = Tensor.scalar((float) (1000 * sigma)).to(x.device()).to(x.dtype()).reshape(1).broadcast(x.size(0))
            .contiguous();
        Tensor velocity = teacher.at(x, timestep, context);
        if (guidance != 0) velocity = velocity.add(velocity.sub(teacher.at(x, timestep, uncond)).mul(guidance));
        x = x.sub(velocity.div(steps));
      }
      return scope.keep(x);
    }
  }

  /// The critic's loss: flow matching on the generator's samples, which are taken as data.
  public static Tensor criticLoss(VelocityField critic, Tensor sample, Tensor noise, Tensor sigma, Tensor context) {
    return FlowLoss.of(critic, sample.detach(), noise, sigma, context);
  }
}
