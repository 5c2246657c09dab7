package dev.raiju.training.recipe;

import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.training.data.Frames;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Trains the small autoencoder to give clips back: first on windows around objects, where all that is hard is, then on whole
/// clips. With a frozen encoder it trains the decoder alone.
final class AutoencoderStage extends LearnerStage {
  /// @param steps in all
  /// @param cropSteps of them on windows
  /// @param crop side of a window
  /// @param cropBatch windows in a step
  /// @param clipBatch clips in a step
  /// @param nearWeight of pixels near objects in the loss
  /// @param latentWeight of the latents' square in the loss
  /// @param latentNoise the most noise that a clip's latents get on their way to the decoder, as a part of their deviation
  /// @param learning how it learns
  record Config(long steps, long cropSteps, int crop, int cropBatch, int clipBatch, double nearWeight, double latentWeight,
      double latentNoise, Learning learning) {
    static Config read(Fields json) throws ModelFormatException {
      Config config = new Config(json.integer("steps"), json.integer("crop_steps", 0), json.integer("crop", 32), json.integer(
          "crop_batch", 16),
          json.integer("clip_batch", 4), json.number("near_weight", 5), json.number("latent_weight", 1e-5), json.number(
              "latent_noise", 0), Learning.read(json.object("learning")));
      if (config.learning().compute() != DType.F32) {
        throw json.refuse("learning", "computes in " + config.learning().compute() + "; the autoencoder needs f32");
      }
      json.refuseUnknown();
      return config;
    }

    private Config(long steps, long cropSteps, long crop, long cropBatch, long clipBatch, double nearWeight, double latentWeight,
        double latentNoise, Learning learning) {
      this(steps, cropSteps, Math.toIntExact(crop), Math.toIntExact(cropBatch), Math.toIntExact(clipBatch), nearWeight,
          latentWeight, latentNoise, learning);
    }
  }

  /// How far around an object its weight reaches, in pixels.
  private static final int NEAR = 5;
  private static final int PICTURES_EVERY = 10;
  /// Places of the stream that belong to one step, so that no two steps see the same clips.
  private static final long PLACES = 1 << 12;
  private static final Expr WEIGHTED = weighted();

  private final Tae tae;
  private final boolean encoderLearns;
  private final Config config;
  private final Footage footage;
  private final Rng seed;
  private final Device device;
  private final Learner learner;

  /// @param tae is trained in place
  /// @param encoderLearns whether the encoder is trained too
  AutoencoderStage(String name, Tae tae, boolean encoderLearns, Config config, Footage footage, long seed, Device device) {
    super(name);
    this.tae = tae;
    this.encoderLearns = encoderLearns;
    this.config = config;
    this.footage = footage;
    this.seed = Rng.of(seed).stream(name);
    this.device = device;
    Map<String, Tensor> parameters = encoderLearns ? tae.parameters() : tae.decoder().parameters();
    this.learner = learner("autoencoder", config.learning().learner(parameters, config.steps()));
  }

  /// `weight · (d² + |d| / 10)`
  private static Expr weighted() {
    Expr d = Expr.in(0).sub(Expr.in(1));
    return Expr.in(2).mul(d.square().add(d.apply(Expr.UnaryFunction.ABS).mul(0.1)));
  }

  @Override
  long steps() { return config.steps(); }

  @Override
  public Metrics step(long number) {
    try (Scope scope = Scope.open()) {
      List<Frames> clips = clips(number);
      Tensor frames = Pixels.of(clips, device);
      Tensor weights = Pixels.weights(clips, (float) config.nearWeight(), NEAR, device);
      double[] squared = new double[1];
      Learner.Outcome outcome = learner.learn(() -> {
        Tensor latent = encoderLearns ? tae.encode(frames) : tae.encode(frames).detach();
        Tensor again = decoded(tae.decoder(), config.latentNoise() > 0 ? noisy(latent, number) : latent);
        squared[0] = again.detach().sub(frames).square().mean().item();
        Tensor loss = Elementwise.elementwise("weighted", WEIGHTED, again, frames, weights).mean();
        return encoderLearns ? loss.add(latent.square().mean().mul(config.latentWeight())) : loss;
      });
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", outcome.loss());
      values.put("psnr", -10 * Math.log10(squared[0]));
      values.put("gradient norm", outcome.gradientNorm());
      values.put("rate", learner.rate());
      return new Metrics(values, outcome.isSound());
    }
  }

  /// Latents as a sampler may leave them: a bit off, more in some clips than in others. Latents that withstand it put clips that
  /// look different far apart, which is what a transformer then learns from; cf. Yang et al. 2025, "Latent denoising makes good
  /// visual tokenizers".
  private Tensor noisy(Tensor latent, long number) {
    Tensor held = latent.detach();
    Tensor deviation = held.sub(held.mean(0, 2, 3, 4).reshape(1, -1, 1, 1, 1)).square().mean(0, 2, 3, 4).sqrt();
    Rng own = seed.stream("latent noise");
    Rng rng = Rng.of(own.seed()).stream(own.stream() + number);
    Tensor amount = rng.uniform(device, latent.size(0), 1, 1, 1, 1).mul(config.latentNoise());
    Tensor noise = rng.draw(RandomDraw.Distribution.NORMAL, DType.F32, latent.shape(), device);
    return latent.add(noise.mul(amount).mul(deviation.reshape(1, -1, 1, 1, 1)));
  }

  /// All frames of a clip, unclamped, so that gradients reach values beyond the ends.
  private static Tensor decoded(TaeDecoder decoder, Tensor latent) {
    Tensor all = decoder.decodeRaw(latent);
    int hidden = decoder.timeFactor() - 1;
    return all.slice(1, hidden, all.size(1) - hidden);
  }

  /// The clips of a step: they depend on its number alone. Some steps have pictures, which are clips of one frame.
  private List<Frames> clips(long number) {
    boolean windows = number <= config.cropSteps();
    boolean pictures = number % PICTURES_EVERY == 0;
    int batch = (windows ? config.cropBatch() : config.clipBatch()) * (pictures ? Frames.CLIP / 4 : 1);
    Rng rng = Rng.of(seed.seed()).stream(seed.stream() + number);
    long position = (number - 1) * PLACES;
    List<Frames> clips = new ArrayList<>();
    while (clips.size() < batch) {
      Footage.Take take = footage.at(position++);
      if (pictures != take.isPicture()) continue;
      Frames clip = take.paint();
      clips.add(windows ? Pixels.crop(clip, config.crop(), rng) : clip);
    }
    return clips;
  }

  /// Gives the autoencoder the averaged parameters, which decode better.
  void finish() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> averages = learner.averages();
      if (encoderLearns) tae.load(averages);
      else tae.decoder().load(averages);
    }
  }
}
