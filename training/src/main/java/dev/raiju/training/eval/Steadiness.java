package dev.raiju.training.eval;

import java.util.Arrays;
import java.util.Optional;

/// Whether one object goes through a clip as things do: no leap, no flicker, no change of colour.
final class Steadiness {
  /// A step may be so long, and twice the usual step besides, in pixels along one axis: a bounce may be fast, but not sideways.
  private static final double LEAP = 3;
  /// An object may have so much more or less light than usual.
  private static final double FLICKER = 0.3;

  private Steadiness() {}

  /// The first flaw of an object.
  static Optional<String> flaw(Track track) {
    double[] light = track.blobs().stream().mapToDouble(Blob::light).toArray();
    double[] aside = steps(track.x());
    double[] down = steps(track.y());
    double usualLight = median(light);
    double farAside = LEAP + 2 * median(aside);
    double farDown = LEAP + 2 * median(down);
    for (int t = 0; t < light.length; t++) {
      if (track.blobs().get(t).hue() != track.blobs().getFirst().hue())
        return Optional.of("an object changes its colour at frame " + t);
      if (aside[t] > farAside || down[t] > farDown) return Optional.of("an object leaps at frame " + t);
      if (Math.abs(light[t] - usualLight) > FLICKER * usualLight) return Optional.of("an object flickers at frame " + t);
    }
    return Optional.empty();
  }

  /// How far each place is from the one before.
  private static double[] steps(double[] places) {
    double[] steps = new double[places.length];
    for (int t = 1; t < steps.length; t++) steps[t] = Math.abs(places[t] - places[t - 1]);
    return steps;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
