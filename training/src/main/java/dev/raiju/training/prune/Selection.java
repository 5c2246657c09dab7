package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.Rng;
import java.io.IOException;
import java.util.stream.IntStream;

/// A way to choose what of a transformer stays.
@FunctionalInterface
public interface Selection {
  /// @throws IOException if the transformer cannot be read
  Kept choose(BlockSource teacher, Calibration calibration) throws IOException;

  /// Narrower blocks: the parts that a criterion scores highest.
  static Selection of(Criterion criterion, Budget budget) {
    return (teacher, calibration) -> criterion.score(teacher, calibration).best(budget);
  }

  /// Fewer blocks: those that turn the residual stream furthest. Men et al. 2024, "ShortGPT", arXiv:2403.03853.
  ///
  /// @param layers how many stay
  static Selection blockInfluence(int layers) {
    return (teacher, calibration) -> blocks(teacher.config(), BlockInfluence.of(teacher, calibration), layers);
  }

  /// Fewer blocks: the first, the last, and those at even distances between them.
  static Selection spacedBlocks(int layers) {
    return (teacher, _) -> {
      int count = teacher.config().layers();
      requireLayers(teacher.config(), layers);
      int steps = Math.max(1, layers - 1);
      return Kept.blocks(teacher.config(), IntStream.range(0, layers).map(i -> Math.round((float) i * (count - 1) / steps))
          .boxed()
          .toList());
    };
  }

  /// Fewer blocks: any.
  static Selection randomBlocks(int layers, long seed) {
    return (teacher, _) -> {
      Rng rng = Rng.of(seed).stream("prune blocks");
      double[] scores = new double[teacher.config().layers()];
      for (int i = 0; i < scores.length; i++) scores[i] = rng.nextUniform();
      return blocks(teacher.config(), scores, layers);
    };
  }

  private static Kept blocks(WanConfig config, double[] scores, int layers) {
    requireLayers(config, layers);
    return Kept.blocks(config, Ranking.best(scores, layers));
  }

  private static void requireLayers(WanConfig config, int layers) {
    if (layers < 1 || layers > config.layers())
      throw new IllegalArgumentException("prune: " + layers + " blocks; needs 1 to " + config.layers());
  }
}
