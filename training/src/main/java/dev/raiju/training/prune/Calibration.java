package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.flow.FlowMatching;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What a transformer is shown while its parts are scored. Nothing but forward passes is needed, block after block for all samples,
/// so that the weights of one block are in memory at a time.
@FunctionalInterface
public interface Calibration {
  /// Runs the transformer on all samples; may be called more than once and does the same each time.
  ///
  /// @throws IOException if a block cannot be read
  void run(BlockSource model, BlockPass.Visitor visitor) throws IOException;

  /// Some samples that go through the model together.
  ///
  /// @param x `[B, C, T, H, W]`, the noisy latents
  /// @param sigma `[B]`, their noise levels
  /// @param context `[B, L, text width]`, the prompts, padded with zeros
  /// @param lengths how many rows of each prompt are text
  record Batch(Tensor x, Tensor sigma, Tensor context, List<Integer> lengths) {
    public Batch {
      lengths = List.copyOf(lengths);
      if (lengths.size() != x.size(0))
        throw new IllegalArgumentException("calibration: " + lengths.size() + " lengths of text; needs " + x.size(0));
    }
  }

  /// These samples. They stay with the caller.
  static Calibration of(List<Batch> batches) {
    return (model, visitor) -> {
      try (Scope scope = Scope.open()) {
        BlockPass.run(model, batches, visitor);
      }
    };
  }

  /// The ways of samples from noise to data, as the model itself takes them: every point of them is a sample. Prompts are all that
  /// is needed, and the timesteps are spread by themselves.
  ///
  /// @param starts noise; their `sigma` is not looked at. They stay with the caller.
  /// @param levels noise levels, falling; the model is run at each
  static Calibration trajectories(List<Batch> starts, List<Double> levels) {
    return (model, visitor) -> {
      try (Scope scope = Scope.open()) {
        List<Tensor> now = new ArrayList<>(starts.stream().map(Batch::x).toList());
        for (int step = 0; step < levels.size(); step++) {
          double next = step + 1 < levels.size() ? levels.get(step + 1) : 0;
          double sigma = levels.get(step);
          List<Batch> batches = new ArrayList<>();
          for (int i = 0; i < now.size(); i++) {
            Batch start = starts.get(i);
            batches.add(new Batch(now.get(i), start.sigma().like(sigma), start.context(), start.lengths()));
          }
          List<Tensor> velocities = BlockPass.run(model, batches, visitor);
          for (int i = 0; i < now.size(); i++) {
            Tensor before = now.get(i);
            now.set(i, before.add(velocities.get(i).mul(next - sigma)));
            velocities.get(i).close();
            if (step > 0) before.close();
          }
        }
      }
    };
  }

  /// The points of these ways as samples of one pass, which are the caller's.
  ///
  /// @throws IOException if a block cannot be read
  static List<Batch> points(BlockSource model, List<Batch> starts, List<Double> levels) throws IOException {
    return samples(model, trajectories(starts, levels));
  }

  /// Everything that a calibration shows a model, as samples of one pass, which are the caller's.
  ///
  /// @throws IOException if a block cannot be read
  static List<Batch> samples(BlockSource model, Calibration calibration) throws IOException {
    List<Batch> samples = new ArrayList<>();
    calibration.run(model, new BlockPass.Visitor() {
      @Override
      public Tensor run(int index, WanBlock block, BlockInputs in, Batch batch) {
        if (index == 0)
          samples.add(new Batch(batch.x().alias(), batch.sigma().alias(), batch.context().alias(), batch.lengths()));
        return block.forward(in);
      }
    });
    return samples;
  }

  /// Data at noise levels of the caller's choice.
  ///
  /// @param clean data
  /// @param noise shape of `clean`
  static Batch noised(Tensor clean, Tensor noise, Tensor sigma, Tensor context, List<Integer> lengths) {
    return new Batch(FlowMatching.noised(clean, noise, sigma), sigma, context, lengths);
  }
}
