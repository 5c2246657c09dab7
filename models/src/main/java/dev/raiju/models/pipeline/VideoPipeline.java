package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// From a prompt to a clip: tokenizer, text encoder, transformer and decoder of one model.
///
/// ```java
/// try (var pipeline = VideoPipeline.load(Path.of("models/pretrained/shapes"), Device.best())) {
///   Clip clip = pipeline.generate(Prompt.of("a red circle moves right").seed(7), Progress.NONE);
///   clip.save(Path.of("clip.mp4"));
/// }
/// ```
/// The same prompt and seed give the same bytes on the same backend, for any number of threads. Use by one thread at a time.
///
/// All parts stay in memory for the next clip; a [StagedPipeline] has one of them there at a time. Decoding keeps to what
/// [Budget#ofMachine] leaves beside the weights.
public final class VideoPipeline implements AutoCloseable {
  /// What [Stage#LOAD] counts: tokenizer, text encoder, transformer, decoder.
  private static final int PARTS = 4;

  private final Recipe recipe;
  private final Device device;
  private final UnigramTokenizer tokenizer;
  private final Umt5Encoder encoder;
  private final WanTransformer transformer;
  private final LatentDecoder<?> decoder;
  private final Optional<TaeDecoder> previewer;
  private final ModelShapes shapes;
  private final long decodingBytes;

  private VideoPipeline(Recipe recipe, Device device, UnigramTokenizer tokenizer, Umt5Encoder encoder, WanTransformer transformer,
      LatentDecoder<?> decoder, Optional<TaeDecoder> previewer) {
    this.shapes = ModelShapes.of(transformer.config(), decoder);
    this.decodingBytes = Budget.ofMachine().beside(Stream.of(encoder, transformer, decoder).mapToLong(part -> Weights.of(part)
        .bytes()).sum());
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

  /// Loads a model from a folder, to pack its weights once if [Budget#ofMachine] has room for it.
  ///
  /// @throws dev.raiju.tensor.io.ModelFormatException if a part is missing or does not fit
  public static VideoPipeline load(Path folder, Device device) throws IOException {
    return load(Budget.ofMachine().packing(ModelFolder.open(folder)), device, Progress.NONE);
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
  static Trace.Registration stoppedBy(Progress progress) { return Trace.listen((_, _, _) -> progress.stopIfAsked()); }

  public Recipe recipe() { return recipe; }

  public UnigramTokenizer tokenizer() { return tokenizer; }

  /// Makes a clip.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do; nothing has been computed then
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted, or `progress` stopped it
  public Clip generate(Prompt prompt, Progress progress) {
    ClipPlan plan = ClipPlan.of(prompt, recipe, shapes);
    try (Scope scope = Scope.open(); Trace.Registration _ = stoppedBy(progress)) {
      Tensor latent = latent(plan, progress);
      return stage(decoder).clip(latent, progress);
    }
  }

  /// Refuses what [#generate] would, before anything is computed.
  ///
  /// @throws IllegalArgumentException if the prompt asks for what this model cannot do
  public void check(Prompt prompt) {
    ClipPlan plan = ClipPlan.of(prompt, recipe, shapes);
    TextStage.ids(tokenizer, plan.text(), shapes.textLength());
    plan.negative().ifPresent(negative -> TextStage.ids(tokenizer, negative, shapes.textLength()));
  }

  private Tensor latent(ClipPlan plan, Progress progress) {
    progress.report(new Part(Stage.ENCODE, 0, 1));
    try (Scope scope = Scope.open()) {
      Tensor text = context(plan.text());
      Tensor negative = plan.negative().isPresent() ? context(plan.negative().get()) : text;
      progress.report(new Part(Stage.ENCODE, 1, 1));
      return scope.keep(new DenoiseStage(transformer, device).latent(plan, text, negative, progress, step -> preview(step,
          progress)));
    }
  }

  private Tensor context(String text) {
    return new TextStage(encoder, shapes.textLength()).context(TextStage.ids(tokenizer, text, shapes.textLength()));
  }

  /// Shows what a step takes for the clip, if there is a decoder that is fast enough.
  private void preview(Sampler.Step step, Progress progress) {
    Optional<TaeDecoder> tiny = decoder instanceof TaeDecoder tae ? Optional.of(tae) : previewer;
    if (!progress.wantsPreviews() || tiny.isEmpty()) return;
    progress.preview(step.index() + 1, stage(tiny.get()).clip(step.denoised()));
  }

  private DecodeStage stage(LatentDecoder<?> decoder) {
    return new DecodeStage(decoder, recipe.framesPerSecond(), decodingBytes);
  }

  @Override
  public void close() {
    encoder.close();
    transformer.close();
    decoder.close();
    previewer.ifPresent(TaeDecoder::close);
  }
}
