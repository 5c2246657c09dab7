package dev.raiju.training.eval;

import dev.raiju.training.linalg.SymmetricEigen;
import java.util.Arrays;

/// `|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁^½ Σ₂ Σ₁^½)^½)`: the squared Fréchet (Wasserstein) distance of two Gaussians. Dowson and Landau
/// 1982; Heusel et al. 2017, arXiv:1706.08500.
public final class FrechetDistance {
  private FrechetDistance() {}

  static double of(Features a, Features b) {
    return of(mean(a), covariance(a), mean(b), covariance(b));
  }

  /// Of two Gaussians.
  ///
  /// @param covarianceA symmetric, row by row
  /// @param covarianceB symmetric, row by row
  public static double of(double[] meanA, double[] covarianceA, double[] meanB, double[] covarianceB) {
    int size = meanA.length;
    double[] root = SymmetricEigen.of(covarianceA, size).squareRoot();
    double[] inner = product(product(root, covarianceB, size), root, size);
    // as symmetric as its meaning
    double[] even = new double[inner.length];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) even[i * size + j] = (inner[i * size + j] + inner[j * size + i]) / 2;
    }
    double cross = Arrays.stream(SymmetricEigen.of(even, size).values()).map(value -> Math.sqrt(Math.max(0, value))).sum();
    double distance = 0;
    for (int i = 0; i < size; i++) {
      double apart = meanA[i] - meanB[i];
      distance += apart * apart + covarianceA[i * size + i] + covarianceB[i * size + i];
    }
    return Math.max(0, distance - 2 * cross);
  }

  private static double[] product(double[] a, double[] b, int size) {
    double[] out = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int k = 0; k < size; k++) {
        double left = a[i * size + k];
        for (int j = 0; j < size; j++) out[i * size + j] += left * b[k * size + j];
      }
    }
    return out;
  }

  static double[] mean(Features of) {
    double[] mean = new double[of.width()];
    for (double[] row : of.rows()) Arrays.setAll(mean, i -> mean[i] + row[i] / of.count());
    return mean;
  }

  /// Over one less than there are rows.
  static double[] covariance(Features of) {
    int size = of.width();
    double[] mean = mean(of);
    double[] covariance = new double[size * size];
    for (double[] row : of.rows()) {
      for (int i = 0; i < size; i++) {
        double left = (row[i] - mean[i]) / (of.count() - 1);
        for (int j = 0; j < size; j++) covariance[i * size + j] += left * (row[j] - mean[j]);
      }
    }
    return covariance;
  }
}
