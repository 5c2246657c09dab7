package dev.raiju.training.eval;

/// Pairs few things with few others so that the pairs together are worth most, by trying all ways.
final class Assignment {
  /// What a pair is worth.
  @FunctionalInterface
  interface Worth {
    double of(int one, int other);
  }

  private final Worth worth;
  private final int[] chosen;
  private final boolean[] taken;
  private int[] best;
  private double bestSum = Double.NEGATIVE_INFINITY;

  private Assignment(int ones, int others, Worth worth) {
    this.worth = worth;
    this.chosen = new int[ones];
    this.taken = new boolean[others];
    this.best = chosen;
  }

  /// For each one its other; -1 for those that are left over because there are fewer others.
  static int[] best(int ones, int others, Worth worth) {
    Assignment assignment = new Assignment(ones, others, worth);
    assignment.choose(0, Math.max(ones - others, 0), 0);
    return assignment.best;
  }

  private void choose(int one, int leftOver, double sum) {
    if (one == chosen.length) {
      if (sum > bestSum) {
        bestSum = sum;
        best = chosen.clone();
      }
      return;
    }
    for (int other = 0; other < taken.length; other++) {
      if (taken[other]) continue;
      taken[other] = true;
      chosen[one] = other;
      choose(one + 1, leftOver, sum + worth.of(one, other));
      taken[other] = false;
    }
    if (leftOver > 0) {
      chosen[one] = -1;
      choose(one + 1, leftOver - 1, sum);
    }
  }

}
