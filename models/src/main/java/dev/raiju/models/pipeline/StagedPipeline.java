package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/// From prompts to clips with one part of the model in memory at a time, for models that are too large to be held whole.
///
/// ```java
/// StagedPipeline pipeline = StagedPipeline.of(ModelFolder.open(folder), Device.best());
/// pipeline.denoise(List.of(prompt), progress, (_, latent) -> save(latent));
/// try (StagedPipeline.Decoding decoding = pipeline.decoding(progress)) {
///   Clip clip = decoding.clip(latent);
/// }
/// ```
/// The text encoder goes before the transformer comes, and the transformer before the decoder; with each part goes what its work
/// took. Several clips are made stage by stage, so that every part is loaded once. Clips are those that a [VideoPipeline] makes, to
/// the bit. Use by one thread at a time.
public final class StagedPipeline {
  /// What [Stage#LOAD] counts, as for a [VideoPipeline].
  private static final int PARTS = 4;

  private final ModelParts parts;
  private final Device device;
  private final UnigramTokenizer tokenizer;
  private final ModelShapes shapes;
  private final long decodingBytes;

  private StagedPipeline(ModelParts parts, Device device, UnigramTokenizer tokenizer, ModelShapes shapes, long decodingBytes) {
    this.parts = parts;
    this.device = device;
    this.tokenizer = tokenizer;
    this.shapes = shapes;
    this.decodingBytes = decodingBytes;
  }

  /// Looks at a model; no weights are read. Decoding keeps to what [Budget#ofMachine] leaves beside its weights.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part is missing or does not fit
  public static StagedPipeline of(ModelParts parts, Device device) throws IOException {
    ModelShapes shapes = ModelShapes.of(parts);
    return new StagedPipeline(parts, device, parts.tokenizer(), shapes, Budget.ofMachine().beside(shapes.decoder().bytes()));
  }

  /// The way that a budget has room for.
  public static StagedPipeline of(Budget.Fit fit, Device device) throws IOException {
    return new StagedPipeline(fit.model(), device, fit.model().tokenizer(), ModelShapes.of(fit.model()), fit.decodingBytes());
  }

  /// Takes the latent of a clip.
  @FunctionalInterface
  public interface LatentSink {
    /// @param index of its prompt, from 0
    /// @param latent f32 `[1, C, T, H, W]`; closed afterwards
    void take(int index, Tensor latent) throws IOException;
  }

  public UnigramTokenizer tokenizer() { return tokenizer; }

  /// The shape of the latent of a clip.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do
  public Shape latentShape(Prompt prompt) { return plan(prompt).latent(); }

  private ClipPlan plan(Prompt prompt) { return ClipPlan.of(prompt, parts.recipe(), shapes); }

  /// Encodes the prompts, then denoises a latent for each. When it returns, neither part is in memory.
  ///
  /// @throws IllegalArgumentException if a prompt asks for what this model cannot do; nothing has been computed then
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public void denoise(List<Prompt> prompts, Progress progress, LatentSink sink) throws IOException {
    List<ClipPlan> plans = prompts.stream().map(this::plan).toList();
    Map<String, int[]> texts = new HashMap<>();
    for (ClipPlan plan : plans) {
      texts.computeIfAbsent(plan.text(), this::ids);
      plan.negative().ifPresent(text -> texts.computeIfAbsent(text, this::ids));
    }
    try (Scope scope = Scope.open(); Trace.Registration _ = VideoPipeline.stoppedBy(progress)) {
      Map<String, Tensor> contexts = encode(texts, progress);
      loading(progress, 2);
      try (WanTransformer transformer = parts.transformer(device); Previews previews = previews(progress)) {
        loading(progress, 3);
        for (int i = 0; i < plans.size(); i++) denoise(i, plans.get(i), contexts, transformer, previews, sink);
      }
    }
    device.backend().releaseUnused();
  }

  private int[] ids(String text) { return TextStage.ids(tokenizer, text, shapes.textLength()); }

  private Map<String, Tensor> encode(Map<String, int[]> texts, Progress progress) throws IOException {
    Map<String, Tensor> contexts = new HashMap<>();
    loading(progress, 1);
    try (Umt5Encoder encoder = parts.textEncoder(device)) {
      loading(progress, 2);
      progress.report(new Part(Stage.ENCODE, 0, texts.size()));
      TextStage stage = new TextStage(encoder, shapes.textLength());
      for (Map.Entry<String, int[]> text : texts.entrySet()) {
        contexts.put(text.getKey(), stage.context(text.getValue()));
        progress.report(new Part(Stage.ENCODE, contexts.size(), texts.size()));
      }
    }
    device.backend().releaseUnused();
    return contexts;
  }

  private void denoise(int index, ClipPlan plan, Map<String, Tensor> contexts, WanTransformer transformer, Previews previews,
      LatentSink sink) throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor text = Objects.requireNonNull(contexts.get(plan.text()));
      Tensor negative = plan.negative().isEmpty() ? text : Objects.requireNonNull(contexts.get(plan.negative().get()));
      sink.take(index, new DenoiseStage(transformer, device).latent(plan, text, negative, previews.progress(), previews));
    }
  }

  private static void loading(Progress progress, int done) {
    progress.report(new Part(Stage.LOAD, done, PARTS));
    progress.stopIfAsked();
  }

  /// Shows what every step takes for the clip, if that is wanted and there is a decoder that is fast enough.
  private record Previews(Optional<TaeDecoder> decoder, int framesPerSecond, long bytes, Progress progress)
      implements
        Consumer<Sampler.Step>,
        AutoCloseable {
    @Override
    public void accept(Sampler.Step step) {
      if (decoder.isEmpty()) return;
      DecodeStage stage = new DecodeStage(decoder.get(), framesPerSecond, bytes);
      progress.preview(step.index() + 1, stage.clip(step.denoised()));
    }

    @Override
    public void close() { decoder.ifPresent(TaeDecoder::close); }
  }

  private Previews previews(Progress progress) throws IOException {
    int rate = parts.recipe().framesPerSecond();
    if (!progress.wantsPreviews()) return new Previews(Optional.empty(), rate, decodingBytes, progress);
    LatentDecoder<?> own = parts.decoder(device);
    if (own instanceof TaeDecoder tiny) return new Previews(Optional.of(tiny), rate, decodingBytes, progress);
    own.close();
    return new Previews(parts.previewer(device), rate, decodingBytes, progress);
  }

  /// Loads the decoder, for any number of latents.
  public Decoding decoding(Progress progress) throws IOException {
    loading(progress, 3);
    LatentDecoder<?> decoder = parts.decoder(device);
    try {
      loading(progress, PARTS);
      return new Decoding(new DecodeStage(decoder, parts.recipe().framesPerSecond(), decodingBytes), device, progress);
    } catch (RuntimeException | Error e) {
      decoder.close();
      throw e;
    }
  }

  /// The last stage, with the decoder in memory until it is closed.
  public static final class Decoding implements AutoCloseable {
    private final DecodeStage stage;
    private final Device device;
    private final Progress progress;

    private Decoding(DecodeStage stage, Device device, Progress progress) {
      this.stage = stage;
      this.device = device;
      this.progress = progress;
    }

    /// The clip of a latent.
    ///
    /// @param latent f32 `[1, C, T, H, W]`, on any device
    /// @throws ShapeException if it is of another kind
    /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or the progress stopped it
    public Clip clip(Tensor latent) {
      try (Scope scope = Scope.open(); Trace.Registration _ = VideoPipeline.stoppedBy(progress)) {
        return stage.clip(latent.to(device), progress);
      }
    }

    @Override
    public void close() {
      stage.decoder().close();
      device.backend().releaseUnused();
    }
  }

  /// Makes one clip.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do; nothing has been computed then
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public Clip generate(Prompt prompt, Progress progress) throws IOException {
    List<Tensor> latent = new ArrayList<>();
    try {
      denoise(List.of(prompt), progress, (_, made) -> latent.add(made.alias()));
      try (Decoding decoding = decoding(progress)) {
        return decoding.clip(latent.getFirst());
      }
    } finally {
      latent.forEach(Tensor::close);
    }
  }
}
