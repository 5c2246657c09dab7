package dev.raiju.training.prune;

/// How Taylor scores are made.
///
/// @param rule from rows to heads and neurons
/// @param padding whether keys and values of padded text count too, as they do for the model itself
/// @param grams whether they are made from `Xᵀ X`, and not from outputs: the same but for rounding, with more memory and more work
public record TaylorOptions(TaylorRule rule, boolean padding, boolean grams) {
  /// As they were published.
  public static final TaylorOptions PLAIN = new TaylorOptions(TaylorRule.PLAIN, true, false);

  public TaylorOptions {
    if (grams && !padding)
      throw new IllegalArgumentException("taylor scores: from Grams, padded text counts; leave one of the options out");
  }
}
