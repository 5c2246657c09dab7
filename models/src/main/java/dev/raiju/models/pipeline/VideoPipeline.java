package dev.raiju.models.pipeline;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanVelocity;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.sampler.Noise;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.FrameSink;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// From a prompt to a clip: tokenizer, text encoder, transformer and decoder of one model.
///
/// ```java
/// try (var pipeline = VideoPipeline.load(Path.of("models/pretrained/shapes"), Device.best())) {
///   Clip clip = pipeline.generate(Prompt.of("a red circle moves right").seed(7), Progress.NONE);
///   clip.save(Path.of("clip.mp4"));
/// }
/// ```
/// The same prompt and seed give the same bytes on the same backend, for any number of threads. Use by one thread at a time.
public final class VideoPipeline implements AutoCloseable {
  /// What [Stage#LOAD] counts: tokenizer, text encoder, transformer, decoder.
  private static final int PARTS = 4;
  // Wan's own autoencoder takes 5.6 GiB for whole frames of 832 x 480; in two tiles it has a sixth more to do
  static final long DECODING_BYTES = 4L << 30;

  private final Recipe recipe;
  private final Device device;
  private final UnigramTokenizer tokenizer;
  private final Umt5Encoder encoder;
  private final WanTransformer transformer;
  private final LatentDecoder<?> decoder;
  private final Optional<TaeDecoder> previewer;

  private VideoPipeline(Recipe recipe, Device device, UnigramTokenizer tokenizer, Umt5Encoder encoder, WanTransformer transformer,
      LatentDecoder<?> decoder, Optional<TaeDecoder> previewer) {
    if (decoder.latentChannels() != transformer.config().inChannels()) {
      throw new ShapeException("pipeline: the decoder takes latents of %d channels and the transformer makes %d", decoder
          .latentChannels(), transformer.config().inChannels());
    }
    this.recipe = recipe;
    this.device = device;
    this.tokenizer = tokenizer;
    this.encoder = encoder;
    this.transformer = transformer;
    this.decoder = decoder;
    this.previewer = previewer;
  }

  /// A pipeline of parts that are loaded already; it closes them at the end.
  ///
  /// @throws ShapeException if transformer and decoder are not for the same latents; the parts stay with the caller then
  public static VideoPipeline of(Recipe recipe, Device device, UnigramTokenizer tokenizer, Umt5Encoder encoder,
      WanTransformer transformer, LatentDecoder<?> decoder) {
    return new VideoPipeline(recipe, device, tokenizer, encoder, transformer, decoder, Optional.empty());
  }

  /// Loads a model from a folder.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part is missing or does not fit
  public static VideoPipeline load(Path folder, Device device) throws IOException {
    return load(ModelFolder.open(folder), device, Progress.NONE);
  }

  /// Loads a model.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part is missing or does not fit
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public static VideoPipeline load(ModelFolder model, Device device, Progress progress) throws IOException {
    List<Module<?>> parts = new ArrayList<>();
    try (Trace.Registration _ = stoppedBy(progress)) {
      progress.report(new Part(Stage.LOAD, 0, PARTS));
      UnigramTokenizer tokenizer = model.tokenizer();
      loaded(progress, 1);
      Umt5Encoder encoder = model.textEncoder(device);
      parts.add(encoder);
      loaded(progress, 2);
      WanTransformer transformer = model.transformer(device);
      parts.add(transformer);
      loaded(progress, 3);
      LatentDecoder<?> decoder = model.decoder(device);
      parts.add(decoder);
      Optional<TaeDecoder> previewer = model.previewer(device);
      previewer.ifPresent(parts::add);
      VideoPipeline pipeline = new VideoPipeline(model.recipe(), device, tokenizer, encoder, transformer, decoder, previewer);
      loaded(progress, PARTS);
      return pipeline;
    } catch (IOException | RuntimeException | Error e) {
      parts.forEach(Module::close);
      throw e;
    }
  }

  private static void loaded(Progress progress, int parts) {
    progress.report(new Part(Stage.LOAD, parts, PARTS));
    progress.stopIfAsked();
  }

  /// Ends the work after any operation, if it shall end: within a layer, whatever the layer is of.
  private static Trace.Registration stoppedBy(Progress progress) {
    return Trace.listen((_, _, _) -> progress.stopIfAsked());
  }

  public Recipe recipe() { return recipe; }

  public UnigramTokenizer tokenizer() { return tokenizer; }

  /// Makes a clip.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do; nothing has been computed then
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public Clip generate(Prompt prompt, Progress progress) {
    Plan plan = plan(prompt);
    try (Scope scope = Scope.open(); Trace.Registration _ = stoppedBy(progress)) {
      Tensor latent = latent(prompt, plan, progress);
      return decode(latent, decoder, progress);
    }
  }

  /// What a prompt comes to with this model.
  ///
  /// @param sampler with its steps
  /// @param guidance 1 for none
  /// @param latent the shape that is denoised, `[1, C, T, H, W]`
  record Plan(Sampler sampler, double guidance, Shape latent) {}

  Plan plan(Prompt prompt) {
    double guidance = prompt.guidance().orElse(recipe.guidance());
    if (recipe.sampler() == Recipe.Kind.FEW_STEP && guidance != 1) {
      throw new IllegalArgumentException("guidance: " + guidance + ": this model was distilled without guidance and runs with 1");
    }
    if (!(guidance >= 0) || guidance > 100) throw new IllegalArgumentException("guidance: " + guidance + "; needs 0 to 100");
    if (prompt.text().isBlank()) throw new IllegalArgumentException("prompt: is empty; say what the clip shall show");
    double shift = prompt.shift().orElse(recipe.shift());
    if (!(shift > 0) || shift > 1000) throw new IllegalArgumentException("shift: " + shift + "; needs more than 0, to 1000");
    int steps = prompt.steps().orElse(recipe.steps());
    if (steps < 1 || steps > 1000) throw new IllegalArgumentException("steps: " + steps + "; needs 1 to 1000");
    ClipSize size = ClipSize.of(decoder.spaceFactor(), transformer.config().patch(), decoder.timeFactor());
    Shape latent = size.latent(transformer.config().inChannels(), prompt.width().orElse(recipe.width()), prompt.height().orElse(
        recipe.height()),
        prompt.frames().orElse(recipe.frames()));
    return new Plan(recipe.sampler(prompt.sampler().orElse(recipe.sampler()), steps, shift), guidance, latent);
  }

  private Tensor latent(Prompt prompt, Plan plan, Progress progress) {
    progress.report(new Part(Stage.ENCODE, 0, 1));
    boolean guided = plan.guidance() != 1;
    int steps = plan.sampler().schedule().steps();
    BlockRunner runner = new Passes(progress, steps, (long) steps * transformer.config().layers() * (guided ? 2 : 1));
    try (Scope scope = Scope.open();
        TextKeys text = keys(prompt.text());
        TextKeys negative = guided ? keys(prompt.negative().orElse(recipe.negative())) : text) {
      progress.report(new Part(Stage.ENCODE, 1, 1));
      progress.report(new Part(Stage.DENOISE, 0, steps));
      VelocityModel model = VelocityModel.guided(new WanVelocity(transformer, text, runner), new WanVelocity(transformer,
          negative, runner), plan.guidance());
      Noise noise = Noise.seeded(prompt.seed(), plan.latent(), device);
      return scope.keep(plan.sampler().sample(model, noise, step -> {
        progress.report(new Part(Stage.DENOISE, step.index() + 1, steps));
        progress.stopIfAsked();
        if (progress.wantsPreviews()) preview(step, progress);
      }));
    }
  }

  /// Shows what a step takes for the clip, if there is a decoder that is fast enough.
  private void preview(Sampler.Step step, Progress progress) {
    Optional<TaeDecoder> tiny = decoder instanceof TaeDecoder tae ? Optional.of(tae) : previewer;
    if (tiny.isPresent()) progress.preview(step.index() + 1, clip(step.denoised(), tiny.get(), _ -> {}));
  }

  /// Tells of every block that a transformer runs, and stops between two of them.
  private static final class Passes implements BlockRunner {
    private final Progress progress;
    private final int steps;
    private final long total;
    private long done;

    Passes(Progress progress, int steps, long total) {
      this.progress = progress;
      this.steps = steps;
      this.total = total;
    }

    @Override
    public Tensor run(int index, WanBlock block, BlockInputs in) {
      Tensor out = block.forward(in);
      done = Math.min(total, done + 1);
      progress.report(new Part(Stage.DENOISE, (int) (done * steps / total), steps, (double) done / total));
      return out;
    }
  }

  /// Keys and values of a prompt, owned by the caller.
  private TextKeys keys(String text) {
    int length = transformer.config().textLength();
    String clean = PromptCleaner.clean(text);
    UnigramTokenizer.PaddedIds padded = tokenizer.encode(clean, length);
    // the end token takes one place
    int tokens = tokenizer.encode(clean).length + 1;
    if (tokens > length) {
      throw new IllegalArgumentException("prompt: " + tokens + " tokens: this model reads at most " + length
          + "; make it shorter");
    }
    int[] ids = Arrays.copyOf(padded.ids(), padded.length());
    try (Scope scope = Scope.open()) {
      return transformer.keys(encoder.context(List.of(ids), length));
    }
  }

  private Clip decode(Tensor latent, LatentDecoder<?> decoder, Progress progress) {
    progress.report(new Part(Stage.DECODE, 0, Math.toIntExact(latent.size(2))));
    return clip(latent, decoder, piece -> progress.report(new Part(Stage.DECODE, piece.done(), piece.total())));
  }

  /// Piece by piece, so that memory does not grow with the length of the clip.
  private Clip clip(Tensor latent, LatentDecoder<?> decoder, FrameSink told) {
    int frames = Math.toIntExact((latent.size(2) - 1) * decoder.timeFactor() + 1);
    int width = Math.toIntExact(latent.size(4) * decoder.spaceFactor());
    int height = Math.toIntExact(latent.size(3) * decoder.spaceFactor());
    ClipCanvas canvas = new ClipCanvas(frames, width, height, recipe.framesPerSecond());
    decoder.decode(latent, DECODING_BYTES, piece -> {
      canvas.put(piece.frames(), piece.first(), piece.top(), piece.left());
      told.take(piece);
    });
    return canvas.clip();
  }

  @Override
  public void close() {
    encoder.close();
    transformer.close();
    decoder.close();
    previewer.ifPresent(TaeDecoder::close);
  }
}
