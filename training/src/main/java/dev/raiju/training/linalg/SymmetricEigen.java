package dev.raiju.training.linalg;

import java.util.Arrays;

/// The eigenvalues and eigenvectors of a symmetric matrix, `A = V diag(λ) Vᵀ`, by Jacobi's rotations.
///
/// @param values in no order
/// @param vectors column `i` belongs to value `i`; row by row
public record SymmetricEigen(double[] values, double[] vectors) {
  private static final int SWEEPS = 60;

  /// @param matrix row by row, symmetric
  /// @throws IllegalArgumentException if something in it is not finite
  public static SymmetricEigen of(double[] matrix, int size) {
    if (matrix.length != size * size)
      throw new IllegalArgumentException("eigenvalues: " + matrix.length + " numbers; needs " + size + " x " + size);
    if (!Arrays.stream(matrix).allMatch(Double::isFinite))
      throw new IllegalArgumentException("eigenvalues: the matrix is not finite");
    double[] a = matrix.clone();
    double[] v = new double[size * size];
    for (int i = 0; i < size; i++) v[i * size + i] = 1;
    double whole = Arrays.stream(a).map(x -> x * x).sum();
    for (int sweep = 0; sweep < SWEEPS && besideDiagonal(a, size) > 1e-24 * whole; sweep++) {
      for (int p = 0; p < size; p++) {
        for (int q = p + 1; q < size; q++) rotate(a, v, size, p, q);
      }
    }
    double[] values = new double[size];
    for (int i = 0; i < size; i++) values[i] = a[i * size + i];
    return new SymmetricEigen(values, v);
  }

  private static double besideDiagonal(double[] a, int size) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < i; j++) sum += 2 * a[i * size + j] * a[i * size + j];
    }
    return sum;
  }

  /// Makes elements (p, q) and (q, p) zero.
  private static void rotate(double[] a, double[] v, int size, int p, int q) {
    double apq = a[p * size + q];
    if (apq == 0) return;
    double theta = (a[q * size + q] - a[p * size + p]) / (2 * apq);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    double c = 1 / Math.sqrt(t * t + 1);
    double s = t * c;
    for (int k = 0; k < size; k++) turn(a, k * size + p, k * size + q, c, s);
    for (int k = 0; k < size; k++) turn(a, p * size + k, q * size + k, c, s);
    for (int k = 0; k < size; k++) turn(v, k * size + p, k * size + q, c, s);
  }

  private static void turn(double[] m, int i, int j, double c, double s) {
    double x = m[i];
    double y = m[j];
    m[i] = c * x - s * y;
    m[j] = s * x + c * y;
  }

  /// `V diag(√λ) Vᵀ`, where values below zero, which are rounding, count as zero.
  public double[] squareRoot() {
    int size = values.length;
    double[] root = new double[size * size];
    for (int k = 0; k < size; k++) {
      double r = Math.sqrt(Math.max(0, values[k]));
      for (int i = 0; i < size; i++) {
        double left = vectors[i * size + k] * r;
        for (int j = 0; j < size; j++) root[i * size + j] += left * vectors[j * size + k];
      }
    }
    return root;
  }
}
