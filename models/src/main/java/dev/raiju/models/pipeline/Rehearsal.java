package dev.raiju.models.pipeline;

import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanVelocity;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.sampler.Noise;
import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.graph.Work;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Goes through what [VideoPipeline#generate] does on a device that only plans. For one clip: what the parts remember of it would be
/// counted for the next one.
///
/// @param plan the device that all parts are on
record Rehearsal(Planning plan, Recipe recipe, UnigramTokenizer tokenizer, Umt5Encoder encoder, WanTransformer transformer,
    LatentDecoder<?> decoder) implements AutoCloseable {
  /// A model on disk, to be run on `device`.
  static Rehearsal load(ModelFolder model, Device device) throws IOException {
    Planning plan = Planning.of(device);
    List<Module<?>> parts = new ArrayList<>();
    try {
      Umt5Encoder encoder = model.textEncoder(plan.device());
      parts.add(encoder);
      WanTransformer transformer = model.transformer(plan.device());
      parts.add(transformer);
      return new Rehearsal(plan, model.recipe(), model.tokenizer(), encoder, transformer, model.decoder(plan.device()));
    } catch (IOException | RuntimeException | Error e) {
      parts.forEach(Module::close);
      throw e;
    }
  }

  /// The sizes of clips that the model can make.
  ClipSize size() {
    return ClipSize.of(decoder.spaceFactor(), transformer.config().patch(), decoder.timeFactor());
  }

  /// @param longest whether the text counts as the longest that the model reads
  ClipEstimate run(Prompt prompt, boolean longest) {
    VideoPipeline.Plan clip = VideoPipeline.of(recipe, plan.device(), tokenizer, encoder, transformer, decoder).plan(prompt);
    int tokens = longest ? transformer.config().textLength() : tokens(prompt.text());
    List<StageEstimate> stages = new ArrayList<>();
    long weights = plan.liveBytes();
    try (Scope _ = Scope.open()) {
      Tensor latent;
      try (Texts texts = staged(Stage.ENCODE, encoder, weights, stages, () -> texts(prompt, clip, tokens))) {
        latent = staged(Stage.DENOISE, transformer, weights, stages, () -> denoise(prompt, clip, texts));
      }
      staged(Stage.DECODE, decoder, weights, stages, () -> decode(latent));
    }
    return new ClipEstimate(stages);
  }

  private Texts texts(Prompt prompt, VideoPipeline.Plan clip, int tokens) {
    TextKeys text = keys(tokens);
    boolean guided = clip.guidance() != 1;
    return new Texts(text, guided ? keys(tokens(prompt.negative().orElse(recipe.negative()))) : text);
  }

  private Tensor denoise(Prompt prompt, VideoPipeline.Plan clip, Texts texts) {
    VelocityModel model = VelocityModel.guided(new WanVelocity(transformer, texts.text()), new WanVelocity(transformer, texts
        .negative()), clip.guidance());
    return clip.sampler().sample(model, Noise.seeded(prompt.seed(), clip.latent(), plan.device()));
  }

  private record Texts(TextKeys text, TextKeys negative) implements AutoCloseable {
    @Override
    public void close() {
      text.close();
      negative.close();
    }
  }

  /// @param weights bytes that were in use before the first stage
  private <T> T staged(Stage stage, Module<?> part, long weights, List<StageEstimate> stages, Supplier<T> run) {
    plan.resetPeak();
    try (Work work = Work.listen()) {
      T result = run.get();
      stages.add(new StageEstimate(stage, Weights.of(part), plan.peakBytes() - weights, plan.heldBytes(), work.total().flops()));
      return result;
    }
  }

  private int tokens(String text) {
    return tokenizer.encode(PromptCleaner.clean(text), transformer.config().textLength()).length();
  }

  private TextKeys keys(int tokens) {
    try (Scope _ = Scope.open()) {
      return transformer.keys(encoder.context(List.of(new int[tokens]), transformer.config().textLength()));
    }
  }

  /// @return the number of pieces
  private int decode(Tensor latent) {
    int[] pieces = new int[1];
    decoder.decode(latent, VideoPipeline.DECODING_BYTES, _ -> pieces[0]++);
    return pieces[0];
  }

  @Override
  public void close() {
    encoder.close();
    transformer.close();
    decoder.close();
  }
}
