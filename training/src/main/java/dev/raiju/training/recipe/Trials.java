package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Frames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;

/// Prunes, trains and distils copies of a teacher in memory, many times over: for whoever compares ways to do it. Settings are those of
/// a chain's stages, under the same keys; nothing of the teacher changes and nothing but latents is written.
///
/// ```java
/// try (Trials trials = Trials.open(model, teacher, data, Path.of("latents"), Device.best(), done -> {});
///     WanTransformer student = trials.prune(Fields.of("prune", prune), 1);
///     Trial trial = trials.train("recover", student, Fields.of("recover", recover), 1, caption -> caption)) {
///   for (long step = 1; step <= trial.steps(); step++) trial.step(step);
///   WanTransformer recovered = trial.result();
/// }
/// ```
public final class Trials implements AutoCloseable {
  private final Device device;
  private final WanTransformer teacher;
  private final Umt5Encoder encoder;
  private final UnigramTokenizer tokenizer;
  private final Tae autoencoder;
  private final LatentCache latents;

  private Trials(Device device, WanTransformer teacher, Umt5Encoder encoder, UnigramTokenizer tokenizer, Tae autoencoder,
      LatentCache latents) {
    this.device = device;
    this.teacher = teacher;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.autoencoder = autoencoder;
    this.latents = latents;
  }

  /// Reads a teacher, and encodes what is learned from unless that was done before.
  ///
  /// @param model the folder with text encoder, tokenizer and autoencoder
  /// @param teacher the folder with the teacher's transformer
  /// @param data a chain's `"data"` of moving shapes, and its `"seed"`
  /// @param cache the folder where latents are kept, in shards
  /// @param progress told how many of them are encoded
  public static Trials open(Path model, Path teacher, Fields data, Path cache, Device device, LongConsumer progress)
      throws IOException {
    long seed = data.integer("seed");
    Chain.Data what = Chain.Data.read(data);
    ModelReader shared = new ModelReader(model, device);
    UnigramTokenizer tokenizer = shared.tokenizer();
    Tae autoencoder = shared.autoencoder();
    Footage footage = Footage.of(ClipStream.of(seed, what.mixture()));
    LatentCache latents = LatentCache.open(cache, LatentCache.key(autoencoder.encoder(), what + " " + seed), autoencoder
        .encoder(), footage, what.clips(), what.pictures(), device, progress);
    return new Trials(device, new ModelReader(teacher, device).transformer(), shared.textEncoder(), tokenizer, autoencoder,
        latents);
  }

  /// The whole model, which stays here.
  public WanTransformer teacher() { return teacher; }

  /// Stays here.
  public Umt5Encoder encoder() { return encoder; }

  public UnigramTokenizer tokenizer() { return tokenizer; }

  /// Stays here.
  public Tae autoencoder() { return autoencoder; }

  /// What a transformer takes for captions, `[B, L, text width]`.
  public Tensor context(List<String> captions) {
    return TextBatch.of(captions, tokenizer, teacher.config().textLength(), device).context(encoder);
  }

  /// Clips as latents, `[B, C, T, H, W]`.
  public Tensor latents(List<Frames> clips) { return autoencoder.encoder().encode(Pixels.of(clips, device)); }

  /// A model cut out of the teacher.
  ///
  /// @param settings a chain's `"prune"`, with the `"clips"` that a batch of samples is made up of
  /// @param seed which samples the scores are made from
  /// @return the caller's
  public WanTransformer prune(Fields settings, long seed) throws IOException {
    Batches.Clips clips = Batches.Clips.read(settings.object("clips"));
    return Pruning.read(settings).of(teacher, batches(Batches.Config.spread(clips), latents, seed, "prune"), encoder);
  }

  /// Training under the teacher, or by flow matching alone.
  ///
  /// @param name of the stage, which its random numbers depend on
  /// @param student is trained in place, and stays with the caller
  /// @param settings a chain's `"recover"` or `"refine"`
  /// @param seed of everything random
  /// @param words what captions become before they are learned from
  public Trial train(String name, WanTransformer student, Fields settings, long seed, UnaryOperator<String> words)
      throws IOException {
    StudentStage.Config config = StudentStage.Config.read(settings);
    StudentStage stage = new StudentStage(name, student, teacher, encoder, batches(config.batches(), latents.saying(words), seed,
        name), samples(), config);
    return new Trial(stage, stage::averaged, () -> {});
  }

  /// Distillation to a few steps, against a critic that begins as the teacher.
  ///
  /// @param generator is trained in place, and stays with the caller
  /// @param settings a chain's `"distill"`
  /// @param seed of everything random
  public Trial distill(WanTransformer generator, Fields settings, long seed) throws IOException {
    DistillationStage.Config config = DistillationStage.Config.read(settings);
    WanTransformer critic = teacher.copy();
    DistillationStage stage = new DistillationStage("distill", generator, teacher, critic, encoder, batches(config.batches(),
        latents, seed, "distill"), samples(), config);
    return new Trial(stage, stage::averaged, critic);
  }

  private Batches batches(Batches.Config config, LatentCache from, long seed, String stage) {
    return new Batches(config, from, tokenizer, teacher.config().textLength(), Rng.of(seed).stream(stage), device);
  }

  /// A trial makes no pictures on its way.
  private Samples samples() {
    Recipe recipe = new Recipe(Recipe.Kind.EULER, 1, 1, 1, "", Frames.SIDE, Frames.SIDE, Frames.CLIP, Frames.PER_SECOND);
    return new Samples(tokenizer, autoencoder, recipe, device, List.of());
  }

  @Override
  public void close() {
    latents.close();
    teacher.close();
    encoder.close();
    autoencoder.close();
  }
}
