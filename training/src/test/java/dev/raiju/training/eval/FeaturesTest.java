package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Distances between sets against closed forms and naive sums.
class FeaturesTest {
  private static Features normal(int count, int width, double mean, double deviation, long seed) {
    Random random = new Random(seed);
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double[] row = new double[width];
      for (int k = 0; k < width; k++) row[k] = mean + deviation * random.nextGaussian();
      rows.add(row);
    }
    return new Features(rows);
  }

  /// Gaussians whose covariances commute: the distance is that of means and of the roots of eigenvalues.
  @Test
  void frechetMeetsTheClosedForm() {
    double angle = 0.7;
    double[] a = turned(angle, 4, 9);
    double[] b = turned(angle, 1, 0.25);
    double expected = 3 * 3 + 2 * 2 + (2 - 1) * (2 - 1) + (3 - 0.5) * (3 - 0.5);
    assertEquals(expected, FrechetDistance.of(new double[] {3, 0}, a, new double[] {0, 2}, b), 1e-10);
    assertEquals(0, FrechetDistance.of(new double[] {3, 0}, a, new double[] {3, 0}, a), 1e-10);
  }

  /// Where they do not commute, in two dimensions: tr (AB)^½ = sqrt(tr AB + 2 sqrt det AB).
  @Test
  void frechetMeetsTheTraceFormulaOfTwoDimensions() {
    double[] a = turned(0.3, 4, 1);
    double[] b = turned(1.2, 2, 5);
    double traceAB = a[0] * b[0] + a[1] * b[2] + a[2] * b[1] + a[3] * b[3];
    double determinant = (a[0] * a[3] - a[1] * a[2]) * (b[0] * b[3] - b[1] * b[2]);
    double expected = a[0] + a[3] + b[0] + b[3] - 2 * Math.sqrt(traceAB + 2 * Math.sqrt(determinant));
    assertEquals(expected, FrechetDistance.of(new double[2], a, new double[2], b), 1e-10);
  }

  private static double[] turned(double angle, double first, double second) {
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    return new double[] {c * c * first + s * s * second, c * s * (first - second), c * s * (first - second), s * s * first + c * c
        * second};
  }

  @Test
  void frechetOfSamplesComesNearThatOfTheirGaussians() {
    Features a = normal(4000, 3, 0, 1, 1);
    Features b = normal(4000, 3, 0.5, 2, 2);
    assertEquals(3 * (0.25 + 1), a.frechet(b), 0.25);
    assertEquals(0, a.frechet(a), 1e-9);
  }

  @Test
  void kernelDistanceIsTheUnbiasedSum() {
    Features a = new Features(List.of(new double[] {1, 0}, new double[] {0, 2}));
    Features b = new Features(List.of(new double[] {1, 1}, new double[] {-1, 0}));
    double own = 2 * k(0);
    double theirs = 2 * k(-1);
    double cross = k(1) + k(-1) + k(2) + k(0);
    assertEquals(own / 2 + theirs / 2 - 2 * cross / 4, a.kernelDistance(b), 1e-12);
    // unbiased: around zero for two draws of one distribution
    assertEquals(0, normal(300, 4, 0, 1, 3).kernelDistance(normal(300, 4, 0, 1, 4)), 0.05);
  }

  private static double k(double dot) { return Math.pow(dot / 2 + 1, 3); }

  /// A shift by d moves every line by its share of d: on average |d|² over the width.
  @Test
  void slicedWassersteinOfAShift() {
    Features a = normal(50, 3, 0, 1, 5);
    Features b = new Features(a.rows().stream().map(row -> new double[] {row[0] + 2, row[1] - 1, row[2]}).toList());
    assertEquals(5 / 3.0, a.slicedWasserstein(b, 4000, 1), 0.1);
    assertEquals(0, a.slicedWasserstein(a, 10, 1));
    Features one = new Features(List.of(new double[] {0}, new double[] {4}));
    Features other = new Features(List.of(new double[] {5}, new double[] {1}));
    assertEquals(1, one.slicedWasserstein(other, 3, 1), 1e-12);
  }

  @Test
  void refusesSetsOfDifferentSizes() {
    Features a = normal(5, 3, 0, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> a.frechet(normal(6, 3, 0, 1, 1)));
    assertThrows(IllegalArgumentException.class, () -> a.kernelDistance(normal(5, 2, 0, 1, 1)));
    assertThrows(IllegalArgumentException.class, () -> new Features(List.of(new double[1])));
  }

  /// Of many means of 100 draws, about 95 % of the intervals hold the truth.
  @Test
  void intervalsHoldTheTruthAsOftenAsTheySay() {
    int held = 0;
    Random random = new Random(6);
    for (int trial = 0; trial < 200; trial++) {
      double[] values = random.doubles(100).toArray();
      Interval interval = Interval.bootstrap(100, 200, trial, indices -> Arrays.stream(indices).mapToDouble(i -> values[i])
          .average()
          .orElseThrow());
      if (interval.low() <= 0.5 && interval.high() >= 0.5) held++;
    }
    assertTrue(held >= 176 && held <= 199, held + " of 200");
  }

  @Test
  void pairsShowWhatSingleRunsDoNot() {
    Random random = new Random(8);
    double[] a = random.doubles(50, 0, 10).toArray();
    double[] b = Arrays.stream(a).map(x -> x - 0.1 - 0.01 * random.nextDouble()).toArray();
    Interval paired = Interval.paired(a, b, 200, 1);
    assertTrue(paired.excludesZero(), paired.toString());
    assertEquals(0.105, paired.value(), 0.004);
    assertFalse(Interval.paired(a, a, 200, 1).excludesZero());
    assertThrows(IllegalArgumentException.class, () -> Interval.paired(a, new double[3], 10, 1));
  }
}
