package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.graph.Work;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Goes through what a [StagedPipeline] does for one clip, on a device that only plans: each stage with its part of the model alone.
///
/// @param longest whether the text counts as the longest that the model reads
/// @param decodingBytes what decoding may take beside its weights
record Rehearsal(ModelParts parts, Device real, boolean longest, long decodingBytes) {
  // from here on neither a sampler nor a decoder takes more memory from step to step
  private static final int BRIEF = 3;

  /// All of the work.
  ClipEstimate run(Prompt prompt) throws IOException { return new Run(prompt, false, Long.MAX_VALUE).stages(); }

  /// Only as much of the work as shows the memory that it takes, and no stage behind the first that takes more than `most` bytes.
  ClipEstimate brief(Prompt prompt, long most) throws IOException { return new Run(prompt, true, most).stages(); }

  /// Only the last stage, and as much of it as shows the memory that it takes.
  ClipEstimate decoding(Prompt prompt) throws IOException { return new Run(prompt, true, Long.MAX_VALUE).decoding(); }

  /// Loads a part of the model.
  private interface Loading<M> {
    M load(Device device) throws IOException;
  }

  /// Works with a part of the model.
  private interface Working<M, T> {
    T work(M part) throws IOException;
  }

  private record Texts(Tensor text, Tensor negative) {}

  /// One time through all stages.
  private final class Run {
    private final Planning plan = Planning.of(real);
    private final List<StageEstimate> done = new ArrayList<>();
    private final UnigramTokenizer tokenizer;
    private final ModelShapes shapes;
    private final ClipPlan clip;
    private final boolean brief;
    private final long most;

    Run(Prompt prompt, boolean brief, long most) throws IOException {
      this.tokenizer = parts.tokenizer();
      this.shapes = ModelShapes.of(parts);
      ClipPlan whole = ClipPlan.of(prompt, parts.recipe(), shapes);
      // a few-step model has no other number of steps
      boolean shorter = brief && whole.steps() > BRIEF && parts.recipe().sampler() != Recipe.Kind.FEW_STEP;
      this.clip = shorter ? ClipPlan.of(prompt.steps(BRIEF), parts.recipe(), shapes) : whole;
      this.brief = brief;
      this.most = most;
    }

    ClipEstimate stages() throws IOException {
      try (Scope _ = Scope.open()) {
        Optional<Tensor> latent = latent();
        return latent.isEmpty() ? new ClipEstimate(done) : decoding(latent.get());
      }
    }

    ClipEstimate decoding() throws IOException {
      try (Scope _ = Scope.open()) {
        return decoding(Tensor.full(new Spec(DType.F32, clip.latent()), 0, plan.device()));
      }
    }

    private ClipEstimate decoding(Tensor latent) throws IOException {
      stage(Stage.DECODE, parts::decoder, decoder -> decode(decoder, latent));
      return new ClipEstimate(done);
    }

    /// Nothing, if a stage took too much.
    private Optional<Tensor> latent() throws IOException {
      try (Scope scope = Scope.open()) {
        Texts texts = stage(Stage.ENCODE, parts::textEncoder, this::encode);
        if (done.getLast().bytes() > most) return Optional.empty();
        Tensor latent = stage(Stage.DENOISE, parts::transformer, transformer -> denoise(transformer, texts));
        return done.getLast().bytes() > most ? Optional.empty() : Optional.of(scope.keep(latent));
      }
    }

    private <M extends Module<?>, T> T stage(Stage stage, Loading<M> loading, Working<M, T> working) throws IOException {
      plan.resetPeak();
      try (Work work = Work.listen()) {
        T result;
        try (M part = loading.load(plan.device())) {
          result = working.work(part);
          Weights weights = Weights.of(part);
          long packed = plan.formBytes();
          done.add(new StageEstimate(stage, weights, packed, plan.peakBytes() - weights.copied() - packed, plan.heldBytes(), work
              .total().flops()));
        }
        plan.device().backend().releaseUnused();
        return result;
      }
    }

    private Texts encode(Umt5Encoder encoder) {
      Tensor text = context(encoder, longest ? shapes.textLength() : tokens(clip.text()));
      return new Texts(text, clip.negative().isEmpty() ? text : context(encoder, tokens(clip.negative().get())));
    }

    private Tensor context(Umt5Encoder encoder, int tokens) {
      return new TextStage(encoder, shapes.textLength()).context(new int[tokens]);
    }

    private int tokens(String text) { return tokenizer.encode(PromptCleaner.clean(text), shapes.textLength()).length(); }

    private Tensor denoise(WanTransformer transformer, Texts texts) {
      return new DenoiseStage(transformer, plan.device()).latent(clip, texts.text(), texts.negative(), Progress.NONE, _ -> {});
    }

    /// @return the number of pieces
    private int decode(LatentDecoder<?> decoder, Tensor latent) {
      Tensor beginning = brief ? latent.slice(2, 0, Math.min(BRIEF, latent.size(2))) : latent;
      int[] pieces = new int[1];
      new DecodeStage(decoder, parts.recipe().framesPerSecond(), decodingBytes).run(beginning, _ -> pieces[0]++);
      return pieces[0];
    }
  }
}
