package dev.raiju.training.prune;

/// How much of a transformer stays, and how that is spread over its blocks.
///
/// @param heads of each attention, on average over the blocks
/// @param neurons of each feed-forward network, on average over the blocks
/// @param spread how they are spread
public record Budget(int heads, int neurons, Spread spread) {
  /// How what stays is spread over the blocks.
  public enum Spread {
    /// Every block keeps as much.
    UNIFORM,
    /// Heads and neurons of all blocks compete, self attention, cross attention and neurons each among themselves, with at least
    /// one left in every block. Scores of different blocks differ in scale for reasons that say nothing about them, so what is
    /// compared is a part's share of its block.
    GLOBAL
  }

  public Budget {
    if (heads < 1 || neurons < 1)
      throw new IllegalArgumentException("prune: " + heads + " heads and " + neurons + " neurons; needs 1 or more of each");
  }

  /// As much in every block.
  public static Budget uniform(int heads, int neurons) { return new Budget(heads, neurons, Spread.UNIFORM); }

  /// As much on average.
  public static Budget global(int heads, int neurons) { return new Budget(heads, neurons, Spread.GLOBAL); }
}
