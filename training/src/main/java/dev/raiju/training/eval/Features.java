package dev.raiju.training.eval;

import java.util.Arrays;
import java.util.List;

/// What a set of clips looks like: a vector for each. Sets are compared by [#frechet], [#kernelDistance] and [#slicedWasserstein]; all of
/// them depend on how many clips there are, so that only sets of equal numbers are compared.
///
/// @param rows one for each clip
public record Features(List<double[]> rows) {
  public Features {
    rows = List.copyOf(rows);
    if (rows.size() < 2) throw new IllegalArgumentException("features: of " + rows.size() + " clips; needs 2 or more");
    int width = rows.getFirst().length;
    for (double[] row : rows) {
      if (row.length != width)
        throw new IllegalArgumentException("features: rows of " + row.length + " and " + width + " numbers; needs one width");
    }
  }

  public int count() { return rows.size(); }

  public int width() { return rows.getFirst().length; }

  /// Some of them, perhaps several times.
  public Features at(int[] indices) { return new Features(Arrays.stream(indices).mapToObj(rows::get).toList()); }

  /// The Fréchet distance of two Gaussians with the means and covariances of the sets: [FrechetDistance].
  ///
  /// @throws IllegalArgumentException if the sets differ in number or width
  public double frechet(Features other) {
    requireComparable(other);
    return FrechetDistance.of(this, other);
  }

  /// The unbiased square of the maximum mean discrepancy with kernel `(x · y / width + 1)³`; may be below zero. Gretton et al. 2012;
  /// Bińkowski et al. 2018, arXiv:1801.01401.
  ///
  /// @throws IllegalArgumentException if the sets differ in number or width
  public double kernelDistance(Features other) {
    requireComparable(other);
    int n = count();
    double own = 0;
    double theirs = 0;
    double cross = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (i != j) {
          own += kernel(rows.get(i), rows.get(j));
          theirs += kernel(other.rows.get(i), other.rows.get(j));
        }
        cross += kernel(rows.get(i), other.rows.get(j));
      }
    }
    return (own + theirs) / ((double) n * (n - 1)) - 2 * cross / ((double) n * n);
  }

  private static double kernel(double[] x, double[] y) {
    double dot = 0;
    for (int i = 0; i < x.length; i++) dot += x[i] * y[i];
    double base = dot / x.length + 1;
    return base * base * base;
  }

  /// The mean over random directions of the squared Wasserstein distance of order 2 between the sets seen along them.
  ///
  /// @param directions how many
  /// @param seed of the directions
  /// @throws IllegalArgumentException if the sets differ in number or width
  public double slicedWasserstein(Features other, int directions, long seed) {
    requireComparable(other);
    return SlicedWasserstein.of(this, other, directions, seed);
  }

  private void requireComparable(Features other) {
    if (count() != other.count() || width() != other.width()) {
      throw new IllegalArgumentException("features: " + count() + " of " + width() + " and " + other.count() + " of " + other
          .width()
          + "; needs equal numbers and widths");
    }
  }
}
