package dev.raiju.bench.study;

import dev.raiju.training.eval.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// A number that an arm came to, as a function of the clips that count, so that it can be asked for clips drawn again.
///
/// @param units how many clips there are
/// @param seeds for each seed the number that some clips come to
/// @param distance whether it is one of sets, which [Interval#ofDistance] is for
record Statistic(int units, List<ToDoubleFunction<int[]>> seeds, boolean distance) {
  private static final int TIMES = 1000;
  /// Distances take long.
  private static final int TIMES_OF_DISTANCE = 60;
  private static final long SEED = 1;

  Statistic { seeds = List.copyOf(seeds); }

  /// The mean over the clips.
  ///
  /// @param values for each seed one for each clip
  static Statistic mean(List<double[]> values) {
    List<ToDoubleFunction<int[]>> seeds = new ArrayList<>();
    for (double[] of : values) seeds.add(clips -> IntStream.of(clips).mapToDouble(i -> of[i]).sum() / clips.length);
    return new Statistic(values.getFirst().length, seeds, false);
  }

  /// How much more this is, clip by clip. Where one of them has a single seed, it stands beside every seed of the other.
  Statistic minus(Statistic other) {
    if (units != other.units)
      throw new IllegalArgumentException("study: " + units + " and " + other.units + " clips; needs pairs");
    int count = Math.max(seeds.size(), other.seeds.size());
    List<ToDoubleFunction<int[]>> differences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ToDoubleFunction<int[]> a = seeds.get(Math.min(i, seeds.size() - 1));
      ToDoubleFunction<int[]> b = other.seeds.get(Math.min(i, other.seeds.size() - 1));
      differences.add(clips -> a.applyAsDouble(clips) - b.applyAsDouble(clips));
    }
    return new Statistic(units, differences, distance);
  }

  /// The same plus a constant.
  Statistic plus(double more) {
    List<ToDoubleFunction<int[]>> moved = new ArrayList<>();
    for (ToDoubleFunction<int[]> seed : seeds) moved.add(clips -> seed.applyAsDouble(clips) + more);
    return new Statistic(units, moved, distance);
  }

  /// The number of each seed, by all clips.
  List<Double> perSeed() {
    int[] all = IntStream.range(0, units).toArray();
    return seeds.stream().map(seed -> seed.applyAsDouble(all)).toList();
  }

  /// The mean over the seeds, with how sure it is: 95 % of what it comes to where clips are drawn again. It says nothing of other seeds,
  /// which [#perSeed] is for.
  Interval interval() {
    ToDoubleFunction<int[]> mean = clips -> seeds.stream().mapToDouble(seed -> seed.applyAsDouble(clips)).average().orElseThrow();
    return distance
        ? Interval.ofDistance(units, TIMES_OF_DISTANCE, SEED, mean)
        : Interval.bootstrap(units, TIMES, SEED, mean);
  }
}
