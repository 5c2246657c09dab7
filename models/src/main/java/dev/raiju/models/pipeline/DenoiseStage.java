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
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.function.Consumer;

/// The second stage of a clip: from noise to a latent.
record DenoiseStage(WanTransformer transformer, Device device) {
  /// The latent of a clip, of the plan's shape.
  ///
  /// @param text what the text encoder made of the prompt, `[1, length, D]`
  /// @param negative the same of the negative prompt; not looked at where there is none
  /// @param stepped told after every step
  Tensor latent(ClipPlan plan, Tensor text, Tensor negative, Progress progress, Consumer<Sampler.Step> stepped) {
    int steps = plan.steps();
    boolean guided = plan.negative().isPresent();
    progress.report(new Part(Stage.DENOISE, 0, steps));
    BlockRunner runner = new Passes(progress, steps, (long) steps * transformer.config().layers() * (guided ? 2 : 1));
    try (Scope scope = Scope.open();
        TextKeys keys = transformer.keys(text);
        TextKeys others = guided ? transformer.keys(negative) : keys) {
      VelocityModel model = VelocityModel.guided(new WanVelocity(transformer, keys, runner), new WanVelocity(transformer, others,
          runner), plan.guidance());
      return scope.keep(plan.sampler().sample(model, Noise.seeded(plan.seed(), plan.latent(), device), step -> {
        progress.report(new Part(Stage.DENOISE, step.index() + 1, steps));
        progress.stopIfAsked();
        stepped.accept(step);
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
      Tensor out = block.forward(in);
      done = Math.min(total, done + 1);
      progress.report(new Part(Stage.DENOISE, (int) (done * steps / total), steps, (double) done / total));
      return out;
    }
  }
}
