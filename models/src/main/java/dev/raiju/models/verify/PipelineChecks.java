package dev.raiju.models.verify;

import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanVelocity;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.sampler.FewStep;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.sampler.UniPc;
import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// From token ids to frames.
final class PipelineChecks {
  private PipelineChecks() {}

  static void check(GoldenFile golden, Comparison results) throws IOException {
    Fields config = golden.config();
    try (Umt5Encoder encoder = Umt5Weights.load(golden.weights("t5."), GoldenConfigs.umt5(config.object("t5")), golden.device());
        WanTransformer model = WanWeights.load(golden.weights("dit."), GoldenConfigs.prunedWan(config.object("dit")), golden
            .device());
        TaeDecoder decoder = TaeWeights.loadDecoder(golden.weights("tae."), golden.device())) {
      Tensor context = context(golden, encoder, "prompt", model.config().textLength());
      results.check("mid.context", context, Comparison.MODEL);
      Tensor without = context(golden, encoder, "negative", model.config().textLength());
      results.check("mid.context_null", without, Comparison.MODEL);
      try (TextKeys keys = model.keys(context); TextKeys negative = model.keys(without)) {
        fewSteps(golden, results, new WanVelocity(model, keys), decoder);
        VelocityModel guided = VelocityModel.guided(new WanVelocity(model, keys), new WanVelocity(model, negative), config.number(
            "cfg"));
        guided(golden, results, guided, decoder);
      }
    }
  }

  private static Tensor context(GoldenFile golden, Umt5Encoder encoder, String text, int length) throws IOException {
    int tokens = Math.toIntExact(golden.tensor("in.len_" + text).toLongs()[0]);
    long[] ids = golden.tensor("in.ids_" + text).toLongs();
    return encoder.context(List.of(Arrays.stream(ids).limit(tokens).mapToInt(Math::toIntExact).toArray()), length);
  }

  private static void fewSteps(GoldenFile golden, Comparison results, VelocityModel model, TaeDecoder decoder)
      throws IOException {
    int[] steps = Arrays.stream(golden.config().integers("few")).mapToInt(Math::toIntExact).toArray();
    double shift = golden.config().number("shift");
    FewStep sampler = golden.config().flag("warp") ? FewStep.warped(shift, steps) : FewStep.plain(shift, steps);
    results.check("mid.few_timesteps", sampler.schedule().timesteps(), Comparison.LEVELS);
    Tensor start = golden.tensor("in.noise");
    Tensor again = golden.tensor("in.renoise");
    List<Tensor> guesses = new ArrayList<>();
    try {
      Tensor latent = sampler.sample(model, index -> index == 0 ? start : again.select(0, index - 1), step -> guesses.add(step
          .denoised().alias()));
      results.check("mid.few_x0", Tensor.stack(0, guesses), Comparison.PIPELINE);
      results.check("out.few_latent", latent, Comparison.PIPELINE);
      results.check("out.few_video", decoder.decode(latent), Comparison.PIPELINE);
    } finally {
      guesses.forEach(Tensor::close);
    }
  }

  private static void guided(GoldenFile golden, Comparison results, VelocityModel model, TaeDecoder decoder) throws IOException {
    Fields config = golden.config();
    Sampler sampler = new UniPc(Schedule.wanUniPc((int) config.integer("unipc_steps"), config.number("unipc_shift")));
    results.check("mid.unipc_timesteps", sampler.schedule().timesteps(), Comparison.EXACT);
    Tensor start = golden.tensor("in.noise");
    List<Tensor> samples = new ArrayList<>();
    try {
      Tensor latent = sampler.sample(model, _ -> start, step -> samples.add(step.sample().alias()));
      results.check("mid.unipc_traj", Tensor.stack(0, samples), Comparison.PIPELINE);
      results.check("out.unipc_latent", latent, Comparison.PIPELINE);
      results.check("out.unipc_video", decoder.decode(latent), Comparison.PIPELINE);
    } finally {
      samples.forEach(Tensor::close);
    }
  }
}
