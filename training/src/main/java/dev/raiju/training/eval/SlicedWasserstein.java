package dev.raiju.training.eval;

import dev.raiju.tensor.Rng;
import java.util.Arrays;

/// Distances along random lines. Rabin et al. 2012; Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters of measures".
final class SlicedWasserstein {
  private SlicedWasserstein() {}

  static double of(Features a, Features b, int directions, long seed) {
    if (directions < 1) throw new IllegalArgumentException("sliced wasserstein: " + directions + " directions; needs 1 or more");
    Rng rng = Rng.of(seed).stream("sliced wasserstein");
    double sum = 0;
    for (int i = 0; i < directions; i++) {
      double[] direction = direction(rng, a.width());
      double[] seenA = along(a, direction);
      double[] seenB = along(b, direction);
      for (int k = 0; k < seenA.length; k++) sum += (seenA[k] - seenB[k]) * (seenA[k] - seenB[k]) / seenA.length;
    }
    return sum / directions;
  }

  /// Of length 1.
  private static double[] direction(Rng rng, int width) {
    double[] direction = new double[width];
    for (int i = 0; i < width; i++) direction[i] = rng.nextNormal();
    double length = Math.sqrt(Arrays.stream(direction).map(x -> x * x).sum());
    Arrays.setAll(direction, i -> direction[i] / length);
    return direction;
  }

  /// The places of all rows on a line, rising.
  private static double[] along(Features of, double[] direction) {
    double[] places = of.rows().stream().mapToDouble(row -> {
      double dot = 0;
      for (int i = 0; i < row.length; i++) dot += row[i] * direction[i];
      return dot;
    }).toArray();
    Arrays.sort(places);
    return places;
  }
}
