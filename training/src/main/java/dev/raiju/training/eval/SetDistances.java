package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;
import java.util.List;
import java.util.Locale;

/// How far a set of clips is from another one, by what [FeatureNet] sees of them: the less, the more alike the sets are, whatever single
/// clips look like. Numbers of sets of different sizes are not comparable.
///
/// @param fvdS the Fréchet distance; not FVD, whose network is another
/// @param kernel the unbiased square of the kernel distance
/// @param sliced the squared Wasserstein distance along random lines
/// @param clips of each set
public record SetDistances(Interval fvdS, Interval kernel, Interval sliced, int clips) {
  private static final int TIMES = 100;
  private static final int DIRECTIONS = 128;

  /// @param made clips
  /// @param truth as many others
  /// @param seed of the draws that intervals are made by
  /// @throws IllegalArgumentException if the sets differ in size
  public static SetDistances of(FeatureNet net, List<Frames> made, List<Frames> truth, long seed) {
    return of(net.of(made), net.of(truth), seed);
  }

  static SetDistances of(Features a, Features b, long seed) {
    int count = a.count();
    return new SetDistances(Interval.ofDistance(count, TIMES, seed, i -> a.at(i).frechet(b.at(i))), Interval.ofDistance(count,
        TIMES,
        seed, i -> a.at(i).kernelDistance(b.at(i))), Interval.ofDistance(count, TIMES, seed, i -> a.at(i).slicedWasserstein(b.at(
            i),
            DIRECTIONS, seed)), count);
  }

  /// A line for each.
  @Override
  public String toString() {
    return String.format(Locale.ROOT,
        "FVD-S %s%nkernel distance %s%nsliced Wasserstein %s%nof %d clips each, with 95 %% intervals%n",
        fvdS, kernel, sliced, clips);
  }
}
