package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig.BlockSizes;
import dev.raiju.tensor.Rng;
import java.util.ArrayList;
import java.util.List;

/// Scores that know nothing: what every other must be better than.
record RandomScores(long seed) implements Criterion {
  @Override
  public Importance score(BlockSource teacher, Calibration calibration) {
    Rng rng = Rng.of(seed).stream("prune");
    List<Importance.Block> blocks = new ArrayList<>();
    for (int i = 0; i < teacher.config().layers(); i++) {
      BlockSizes sizes = teacher.config().block(i);
      blocks.add(new Importance.Block(numbers(rng, sizes.selfHeads()), numbers(rng, sizes.crossHeads()), numbers(rng, sizes
          .ffn())));
    }
    return new Importance(blocks);
  }

  private static double[] numbers(Rng rng, int count) {
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) numbers[i] = rng.nextUniform();
    return numbers;
  }
}
