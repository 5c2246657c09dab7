package dev.raiju.training.eval;

import dev.raiju.tensor.Rng;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// A number with how sure it is: 95 % of what it comes to where samples are drawn again from those there are. Efron 1979.
///
/// @param value of all samples as they are
/// @param low the 2.5 % quantile
/// @param high the 97.5 % quantile
public record Interval(double value, double low, double high) {
  private static final double PART = 0.95;

  /// The interval of a number that is made from samples.
  ///
  /// @param samples how many there are
  /// @param times how often they are drawn again
  /// @param statistic takes the numbers of the samples that count, some of them several times
  public static Interval bootstrap(int samples, int times, long seed, ToDoubleFunction<int[]> statistic) {
    if (samples < 1 || times < 1)
      throw new IllegalArgumentException("bootstrap: " + samples + " samples, " + times + " times; needs 1 or more");
    Rng rng = Rng.of(seed).stream("bootstrap");
    double[] drawn = new double[times];
    int[] indices = new int[samples];
    for (int i = 0; i < times; i++) {
      for (int k = 0; k < samples; k++) indices[k] = rng.nextInt(samples);
      drawn[i] = statistic.applyAsDouble(indices);
    }
    Arrays.sort(drawn);
    Arrays.setAll(indices, k -> k);
    return new Interval(statistic.applyAsDouble(indices), quantile(drawn, (1 - PART) / 2), quantile(drawn, (1 + PART) / 2));
  }

  /// The interval of a distance of sets. Sets that are drawn again have fewer different members, which moves their distances all
  /// alike: what is taken from the draws is how far they spread around their mean.
  ///
  /// @param samples how many there are
  /// @param times how often they are drawn again
  /// @param statistic takes the numbers of the samples that count, some of them several times
  public static Interval ofDistance(int samples, int times, long seed, ToDoubleFunction<int[]> statistic) {
    double[] sum = new double[1];
    Interval drawn = bootstrap(samples, times, seed, indices -> {
      double value = statistic.applyAsDouble(indices);
      sum[0] += value;
      return value;
    });
    // the last one is of all samples
    double moved = drawn.value - (sum[0] - drawn.value) / times;
    return new Interval(drawn.value, drawn.low + moved, drawn.high + moved);
  }

  /// The interval of the mean difference of two runs over the same prompts and seeds, which is narrower than that of either.
  ///
  /// @param a what a run made of each prompt
  /// @param b what another one made of the same
  public static Interval paired(double[] a, double[] b, int times, long seed) {
    if (a.length != b.length)
      throw new IllegalArgumentException("bootstrap: " + a.length + " and " + b.length + " samples; needs pairs");
    return bootstrap(a.length, times, seed, indices -> Arrays.stream(indices).mapToDouble(i -> a[i] - b[i]).sum() / a.length);
  }

  /// Between two values where it falls between.
  private static double quantile(double[] rising, double part) {
    double place = part * (rising.length - 1);
    int below = (int) place;
    double beyond = place - below;
    return beyond == 0 ? rising[below] : rising[below] * (1 - beyond) + rising[below + 1] * beyond;
  }

  /// Whether zero is outside.
  public boolean excludesZero() { return low > 0 || high < 0; }

  /// `3.21 (2.95 to 3.60)`.
  @Override
  public String toString() { return String.format(Locale.ROOT, "%.4g (%.4g to %.4g)", value, low, high); }
}
