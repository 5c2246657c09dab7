package dev.raiju.training.verify;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.sampler.FewStep;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.sampler.TrainingTable;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.training.distill.DistributionMatching;
import dev.raiju.training.flow.FlowMatching;
import dev.raiju.training.flow.NoiseLevels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A step of distribution matching: the generator's, then the critic's.
final class DistillationChecks {
  private final GoldenFile golden;
  private final Comparison results;
  private final Fields config;
  private final TrainingTable table;
  private final DistributionMatching matching;
  private final Schedule schedule;

  private DistillationChecks(GoldenFile golden, Comparison results) throws IOException {
    this.golden = golden;
    this.results = results;
    this.config = golden.config();
    double shift = config.number("shift");
    int[] steps = Arrays.stream(config.integers("step_list")).mapToInt(Math::toIntExact).toArray();
    this.table = TrainingTable.of(shift);
    this.schedule = (config.flag("warp") ? FewStep.warped(shift, steps) : FewStep.plain(shift, steps)).schedule();
    List<Double> levels = IntStream.range(0, schedule.steps()).mapToObj(schedule::sigma).toList();
    this.matching = new DistributionMatching(levels, config.number("real_guidance_scale"));
  }

  static void check(GoldenFile golden, Comparison results) throws IOException {
    try (WanTransformer generator = GoldenModels.prunedWan(golden, "wG.");
        WanTransformer critic = GoldenModels.wan(golden, "wF.")) {
      DistillationChecks checks = new DistillationChecks(golden, results);
      Tensor sample = checks.generator(generator, critic);
      checks.critic(critic, sample);
    }
  }

  private Tensor generator(WanTransformer generator, WanTransformer critic) throws IOException {
    results.check("mid.step_timesteps", schedule.timesteps(), Comparison.LEVELS);
    Tensor z = golden.tensor("in.z");
    Tensor again = golden.tensor("in.renoise");
    Tensor context = golden.tensor("in.context");
    try (Watched field = field(generator); var paused = Tape.pause()) {
      matching.generate(field, i -> i == 0 ? z : again.select(0, i - 1), schedule.steps() - 1, context);
      results.check("mid.backward_simulation", Tensor.stack(0, field.calls().stream().map(Watched.Call::x).toList()),
          Comparison.GRADIENT);
    }
    try (Watched field = field(generator); Tape tape = Tape.record(generator.parameters().values())) {
      Tensor sample = matching.generate(field, i -> i == 0 ? z : again.select(0, i - 1), config.integer("exit_index", 0, schedule
          .steps() - 1), context);
      results.check("mid.generator_input", field.calls().getLast().x(), Comparison.GRADIENT);
      results.check("mid.generator_v", field.calls().getLast().velocity(), Comparison.GRADIENT);
      results.check("mid.generator_x0", sample, Comparison.GRADIENT);
      Tensor direction = direction(sample, critic);
      Tensor loss = DistributionMatching.generatorLoss(sample, direction);
      results.check("out.generator_loss", loss, Comparison.GRADIENT);
      Gradients gradients = tape.gradients(loss, generator.parameters().values());
      GradientChecks.parameters(golden, results, generator, gradients, "gG.");
      results.check("out.generator_grad_norm", GradientChecks.norm(generator, gradients), Comparison.GRADIENT);
      return sample;
    }
  }

  private Watched field(WanTransformer model) throws IOException {
    long batch = golden.tensor("in.z").size(0);
    return new Watched(model, call -> Tensor.full(Spec.of(DType.F32, batch), schedule.timestep(call), golden
        .device()));
  }

  private Tensor direction(Tensor sample, WanTransformer critic) throws IOException {
    Tensor timestep = golden.tensor("mid.dm_timestep");
    results.check("mid.dm_timestep", timesteps("raw_t"), Comparison.LEVELS);
    Tensor sigma = sigma(timestep);
    Tensor noise = golden.tensor("in.dm_noise");
    results.check("mid.dm_noisy", FlowMatching.noised(sample, noise, sigma), Comparison.GRADIENT);
    try (WanTransformer teacher = GoldenModels.wan(golden, "wR.");
        Watched fake = new Watched(critic, _ -> timestep);
        Watched real = new Watched(teacher, _ -> timestep)) {
      Tensor direction = matching.direction(sample, noise, sigma, real, fake, golden.tensor("in.context"), golden.tensor(
          "in.context_uncond"));
      results.check("mid.fake_cond_x0", clean(fake, 0, sigma), Comparison.GRADIENT);
      Tensor guided = clean(real, 0, sigma);
      results.check("mid.real_cond_x0", guided, Comparison.GRADIENT);
      if (matching.guidance() != 0) {
        Tensor without = clean(real, 1, sigma);
        results.check("mid.real_uncond_x0", without, Comparison.GRADIENT);
        guided = guided.add(guided.sub(without).mul(matching.guidance()));
      }
      results.check("mid.real_x0_cfg", guided, Comparison.GRADIENT);
      int[] inner = IntStream.range(1, sample.rank()).toArray();
      results.check("mid.normalizer", sample.sub(guided).abs().mean(inner), Comparison.GRADIENT);
      results.check("out.dm_grad", direction, Comparison.GRADIENT);
      return direction;
    }
  }

  private static Tensor clean(Watched field, int call, Tensor sigma) {
    Watched.Call made = field.calls().get(call);
    return FlowMatching.clean(made.x(), made.velocity(), sigma);
  }

  private void critic(WanTransformer critic, Tensor sample) throws IOException {
    Tensor timestep = golden.tensor("mid.critic_timestep");
    results.check("mid.critic_timestep", timesteps("critic_raw_t"), Comparison.LEVELS);
    try (Watched field = new Watched(critic, _ -> timestep); Tape tape = Tape.record(critic.parameters().values())) {
      Tensor loss = DistributionMatching.criticLoss(field, sample, golden.tensor("in.critic_noise"), sigma(timestep), golden
          .tensor(
              "in.context"));
      results.check("mid.critic_noisy", field.calls().getFirst().x(), Comparison.GRADIENT);
      results.check("mid.critic_v", field.calls().getFirst().velocity(), Comparison.GRADIENT);
      results.check("out.critic_loss", loss, Comparison.GRADIENT);
      Gradients gradients = tape.gradients(loss, critic.parameters().values());
      GradientChecks.parameters(golden, results, critic, gradients, "gF.");
      results.check("out.critic_grad_norm", GradientChecks.norm(critic, gradients), Comparison.GRADIENT);
    }
  }

  /// Drawn timesteps, shifted and then clamped.
  private double[] timesteps(String drawn) throws IOException {
    double shift = config.number("shift");
    double least = config.number("min_step");
    double most = config.number("max_step");
    return Arrays.stream(config.numbers(drawn)).map(raw -> Math.clamp(1000 * NoiseLevels.shifted(raw / 1000, shift), least, most))
        .toArray();
  }

  private Tensor sigma(Tensor timestep) {
    double[] timesteps = timestep.toDoubles();
    float[] sigma = new float[timesteps.length];
    for (int i = 0; i < sigma.length; i++) sigma[i] = (float) table.sigma(timesteps[i]);
    return Tensor.of(sigma, sigma.length).to(golden.device());
  }
}
