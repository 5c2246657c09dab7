package dev.raiju.bench.study;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.training.data.EvaluationPrompt;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Prompts;
import dev.raiju.training.eval.Evaluation;
import dev.raiju.training.eval.FeatureNet;
import dev.raiju.training.eval.Features;
import dev.raiju.training.eval.Judgement;
import dev.raiju.training.eval.Verdict;
import dev.raiju.training.flow.FlowMatching;
import dev.raiju.training.flow.NoiseLevels;
import dev.raiju.training.recipe.Trials;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/// Measures models of a study, all of them on the same clips, noise and prompts.
final class Measures implements AutoCloseable {
  private static final long SEED = 7;
  private static final int BATCH = 16;

  private final Study study;
  private final Trials trials;
  private final Device device;
  private final Tensor clean;
  private final Tensor noise;
  private final Tensor sigma;
  private final List<String> captions;

  Measures(Study study, Trials trials, Device device) {
    this.study = study;
    this.trials = trials;
    this.device = device;
    List<Example> examples = Evaluation.heldOut(study.validation().clips(), SEED);
    this.captions = examples.stream().map(Example::text).toList();
    try (Scope scope = Scope.open()) {
      List<Tensor> parts = new ArrayList<>();
      for (int i = 0; i < examples.size(); i += BATCH) {
        List<Frames> frames = examples.subList(i, Math.min(examples.size(), i + BATCH)).parallelStream().map(Example::paint)
            .toList();
        parts.add(trials.latents(frames));
      }
      this.clean = Tensor.concat(0, parts.toArray(Tensor[]::new)).alias();
      Rng rng = Rng.of(SEED).stream("validation");
      NoiseLevels levels = NoiseLevels.of(NoiseLevels.Distribution.UNIFORM, study.validation().shift());
      this.sigma = Tensor.of(levels.draw(rng, examples.size()), examples.size()).to(device).alias();
      this.noise = rng.draw(RandomDraw.Distribution.NORMAL, DType.F32, clean.shape(), device).alias();
    }
  }

  /// For each validation clip `mean (v - (noise - x0))²`, at a noise level of its own.
  double[] losses(WanTransformer model, UnaryOperator<String> words) {
    double[] losses = new double[captions.size()];
    for (int i = 0; i < losses.length; i += BATCH) {
      int count = Math.min(BATCH, losses.length - i);
      try (Scope scope = Scope.open()) {
        Tensor x0 = clean.slice(0, i, count).contiguous();
        Tensor e = noise.slice(0, i, count).contiguous();
        Tensor s = sigma.slice(0, i, count).contiguous();
        Tensor context = trials.context(captions.subList(i, i + count).stream().map(words).toList());
        Tensor velocity = model.forward(FlowMatching.noised(x0, e, s), s.mul(1000), context);
        double[] each = velocity.sub(FlowMatching.velocity(x0, e)).square().mean(1, 2, 3, 4).toDoubles();
        System.arraycopy(each, 0, losses, i, count);
      }
    }
    return losses;
  }

  /// What a model makes of the prompts, as the members of a line of results.
  Json.Obj clips(WanTransformer model, Sampling sampling, UnaryOperator<String> words) {
    List<EvaluationPrompt> prompts = Prompts.heldOut(study.clips().prompts(), SEED).stream().map(
        p -> new EvaluationPrompt(p.kind(), words.apply(p.text()), p.caption(), p.seed())).toList();
    try (VideoPipeline pipeline = VideoPipeline.of(sampling.recipe(), device, trials.tokenizer(), trials.encoder().copy(), model
        .copy(), trials.autoencoder().decoder().copy())) {
      Evaluation evaluation = Evaluation.of(pipeline, prompts, OptionalInt.empty(), _ -> {});
      List<Judgement> judged = evaluation.clips().stream().map(Evaluation.Judged::judgement).toList();
      Json.Obj line = Json.object().with("seconds_per_clip", RawResults.number(evaluation.secondsPerClip())).with("right",
          RawResults.numbers(judged.stream().mapToDouble(j -> j.right() ? 1 : 0).toArray())).with("attributes", RawResults
              .numbers(judged.stream().mapToDouble(Measures::attributes).toArray()));
      return study.clips().features()
          ? line.with("features", features(evaluation.clips().stream().map(Evaluation.Judged::frames).toList()))
          : line;
    }
  }

  private static double attributes(Judgement judgement) {
    return judgement.verdicts().stream().filter(Verdict::right).count() / (double) judgement.verdicts().size();
  }

  /// What as many true clips look like.
  Json truth() {
    return features(Evaluation.heldOut(study.clips().prompts(), SEED).parallelStream().map(Example::paint).toList());
  }

  private Json features(List<Frames> clips) {
    try (FeatureNet net = FeatureNet.trained(device)) {
      Features features = net.of(clips);
      return new Json.Arr(features.rows().stream().map(RawResults::numbers).toList());
    }
  }

  @Override
  public void close() {
    clean.close();
    noise.close();
    sigma.close();
  }
}
