package dev.raiju.models.pipeline;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanVelocity;
import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.sampler.Noise;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeStream;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
  private final Recipe recipe;
  private final Device device;
  private final UnigramTokenizer tokenizer;
  private final Umt5Encoder encoder;
  private final WanTransformer transformer;
  private final TaeDecoder decoder;

  private VideoPipeline(Recipe recipe, Device device, UnigramTokenizer tokenizer, Umt5Encoder encoder, WanTransformer transformer,
      TaeDecoder decoder) {
    this.recipe = recipe;
    this.device = device;
    this.tokenizer = tokenizer;
    this.encoder = encoder;
    this.transformer = transformer;
    this.decoder = decoder;
  }

  /// A pipeline of parts that are loaded already; it closes them at the end.
  public static VideoPipeline of(Recipe recipe, Device device, UnigramTokenizer tokenizer, Umt5Encoder encoder,
      WanTransformer transformer,
      TaeDecoder decoder) {
    return new VideoPipeline(recipe, device, tokenizer, encoder, transformer, decoder);
  }

  /// Loads a model from a folder in the diffusers layout.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part is missing or does not fit
  public static VideoPipeline load(Path folder, Device device) throws IOException {
    ModelFolder model = ModelFolder.open(folder);
    UnigramTokenizer tokenizer = model.tokenizer();
    Umt5Encoder encoder = model.textEncoder(device);
    try {
      WanTransformer transformer = model.transformer(device);
      try {
        return new VideoPipeline(model.recipe(), device, tokenizer, encoder, transformer, model.decoder(device));
      } catch (IOException | RuntimeException | Error e) {
        transformer.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      encoder.close();
      throw e;
    }
  }

  public Recipe recipe() { return recipe; }

  public UnigramTokenizer tokenizer() { return tokenizer; }

  /// Makes a clip.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do; nothing has been computed then
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public Clip generate(Prompt prompt, Progress progress) {
    Plan plan = plan(prompt);
    try (Scope scope = Scope.open()) {
      Tensor latent = latent(prompt, plan, progress);
      return decode(latent, progress);
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
    int steps = prompt.steps().orElse(recipe.steps());
    if (steps < 1 || steps > 1000) throw new IllegalArgumentException("steps: " + steps + "; needs 1 to 1000");
    ClipSize size = ClipSize.of(decoder.patch() << decoder.levels().size(), transformer.config().patch(), decoder.timeFactor());
    Shape latent = size.latent(transformer.config().inChannels(), prompt.width().orElse(recipe.width()), prompt.height().orElse(
        recipe.height()),
        prompt.frames().orElse(recipe.frames()));
    return new Plan(recipe.sampler(steps), guidance, latent);
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
        Progress.stopIfInterrupted();
      }));
    }
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
      Progress.stopIfInterrupted();
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

  /// Frame by frame, so that memory does not grow with the length of the clip.
  private Clip decode(Tensor latent, Progress progress) {
    int total = Math.toIntExact(latent.size(2));
    progress.report(new Part(Stage.DECODE, 0, total));
    List<Tensor> frames = new ArrayList<>();
    try (Scope scope = Scope.open(); TaeStream stream = decoder.stream()) {
      for (int t = 0; t < total; t++) {
        Progress.stopIfInterrupted();
        frames.add(stream.next(latent.slice(2, t, 1)).select(0, 0));
        progress.report(new Part(Stage.DECODE, t + 1, total));
      }
      return Clip.of(Tensor.concat(0, frames.toArray(Tensor[]::new)), recipe.framesPerSecond());
    }
  }

  @Override
  public void close() {
    encoder.close();
    transformer.close();
    decoder.close();
  }
}
