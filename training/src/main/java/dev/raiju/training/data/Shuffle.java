package dev.raiju.training.data;

import dev.raiju.tensor.Rng;

/// An endless order over `count` things: round after round, each in an order of its own. What comes at a position depends on
/// seed and position alone. Not for use by several threads at once.
public final class Shuffle {
  private static final long STREAM = 1L << 62;

  private final int count;
  private final Rng seed;
  private long round = -1;
  private int[] order = {};

  private Shuffle(int count, long seed) {
    this.count = count;
    this.seed = Rng.of(seed);
  }

  public static Shuffle of(int count, long seed) {
    if (count < 1) throw new IllegalArgumentException("shuffle: " + count + " things; needs 1 or more");
    return new Shuffle(count, seed);
  }

  /// Which thing comes at a position, 0 to `count - 1`.
  public int at(long position) {
    if (position < 0) throw new IllegalArgumentException("shuffle: position " + position + ": must be 0 or more");
    if (position / count != round) {
      round = position / count;
      // apart from the streams of clips
      order = seed.stream(STREAM | round).permutation(count);
    }
    return order[(int) (position % count)];
  }
}
