package dev.raiju.training.prune;

import java.io.IOException;

/// A way to score the heads and neurons of a transformer. All of them score the same parts, so that what they choose can be compared
/// at equal sizes.
@FunctionalInterface
public interface Criterion {
  /// @throws IOException if the transformer cannot be read
  Importance score(BlockSource teacher, Calibration calibration) throws IOException;

  /// The energy of what the rows of a part give: [TaylorScores].
  static Criterion taylor(TaylorOptions options) { return new TaylorCriterion(options); }

  /// The sum of the squares of a part's weights: a Taylor score that takes all inputs for the same.
  ///
  /// @param heads whose rows make up the score of a head
  static Criterion magnitude(TaylorRule.Heads heads) { return new Magnitude(heads); }

  /// The energy of what a part adds to the residual stream: its output through its columns of the next product.
  static Criterion outputAware() { return new OutputEnergy(); }

  /// Random numbers.
  static Criterion random(long seed) { return new RandomScores(seed); }
}
