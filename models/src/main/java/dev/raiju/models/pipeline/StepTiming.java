package dev.raiju.models.pipeline;

import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Work;
import java.io.IOException;
import java.util.concurrent.CancellationException;

/// What one step of denoising takes: the transformer once, with a text as long as it reads. Where that takes too long, some of its
/// blocks stand for all, which are alike.
///
/// @param blocks how many ran
/// @param layers how many there are
/// @param seconds of all that ran
/// @param blockSeconds of the blocks alone
/// @param flops of all that ran
/// @param blockFlops of the blocks alone
public record StepTiming(int blocks, int layers, double seconds, double blockSeconds, long flops, long blockFlops) {
  /// Seconds of a whole step: measured, or the blocks that ran in proportion.
  public double stepSeconds() { return seconds - blockSeconds + blockSeconds * layers / blocks; }

  /// Work of a whole step, in the same way.
  public long stepFlops() { return flops - blockFlops + blockFlops / blocks * layers; }

  /// A model that is loaded, and what its transformer is called with.
  public static final class Bench implements AutoCloseable {
    private final WanTransformer transformer;
    private final TextKeys text;
    private final Tensor latent;
    private final Tensor timestep;

    private Bench(WanTransformer transformer, Shape shape, Device device) {
      this.transformer = transformer;
      try (Scope scope = Scope.open()) {
        this.text = transformer.keys(Rng.of(2).normal(device, 1, transformer.config().textLength(), transformer.config()
            .textDim()));
        this.latent = Rng.of(1).normal(device, shape.sizes()).alias();
        this.timestep = Tensor.of(new float[] {900}, 1).to(device).alias();
      }
    }

    /// Loads what a step needs.
    ///
    /// @throws IllegalArgumentException if the model makes no clips of this size
    public static Bench load(ModelFolder model, Prompt prompt, Device device) throws IOException {
      WanTransformer transformer = model.transformer(device);
      try (LatentDecoder<?> decoder = model.decoder(device)) {
        ClipSize size = ClipSize.of(decoder.spaceFactor(), transformer.config().patch(), decoder.timeFactor());
        Recipe recipe = model.recipe();
        Shape shape = size.latent(transformer.config().inChannels(), prompt.width().orElse(recipe.width()), prompt.height()
            .orElse(recipe.height()), prompt.frames().orElse(recipe.frames()));
        return new Bench(transformer, shape, device);
      } catch (IOException | RuntimeException | Error e) {
        transformer.close();
        throw e;
      }
    }

    /// How many blocks there are.
    public int layers() { return transformer.config().layers(); }

    /// What the transformer is held in.
    public Weights weights() { return Weights.of(transformer); }

    /// Runs the first `blocks` blocks and all that is around them.
    ///
    /// @throws CancellationException if the thread was interrupted
    public StepTiming run(int blocks, Progress progress) {
      try (Scope scope = Scope.open(); Work work = Work.listen()) {
        Blocks runner = new Blocks(Math.min(blocks, layers()), progress, work);
        long begun = System.nanoTime();
        transformer.forward(latent, timestep, text, runner.runner());
        return new StepTiming(Math.min(blocks, layers()), layers(), (System.nanoTime() - begun) / 1e9, runner.nanos / 1e9, work
            .total().flops(),
            runner.flops);
      }
    }

    @Override
    public void close() {
      text.close();
      latent.close();
      timestep.close();
      transformer.close();
    }
  }

  /// Runs some blocks, and lets the stream pass by the others.
  private static final class Blocks {
    private final int count;
    private final Progress progress;
    private final Work work;
    private long nanos;
    private long flops;

    Blocks(int count, Progress progress, Work work) {
      this.count = count;
      this.progress = progress;
      this.work = work;
    }

    BlockRunner runner() {
      return (index, block, in) -> {
        if (index >= count) return in.x();
        long flopsBefore = work.total().flops();
        long begun = System.nanoTime();
        Tensor out = block.forward(in);
        nanos += System.nanoTime() - begun;
        flops += work.total().flops() - flopsBefore;
        progress.report(new Progress.Part(Progress.Stage.DENOISE, 0, 1, (index + 1.0) / count));
        progress.stopIfAsked();
        return out;
      };
    }
  }
}
