package dev.raiju.training.linalg;

import java.util.Arrays;

/// The factor L of a symmetric positive definite matrix, `A = L Lᵀ`.
///
/// @param factor row by row, the lower triangle
/// @param size rows and columns
public record Cholesky(double[] factor, int size) {
  /// @param matrix row by row; the lower triangle is read
  /// @throws IllegalArgumentException if the matrix is not positive definite
  public static Cholesky of(double[] matrix, int size) {
    if (matrix.length != size * size)
      throw new IllegalArgumentException("cholesky: " + matrix.length + " numbers; needs " + size + " x " + size);
    double[] l = matrix.clone();
    for (int j = 0; j < size; j++) {
      double pivot = l[j * size + j] - dot(l, j * size, j * size, j);
      if (!(pivot > 0))
        throw new IllegalArgumentException("cholesky: pivot " + pivot + " at " + j + "; needs a positive definite "
            + "matrix");
      double root = Math.sqrt(pivot);
      l[j * size + j] = root;
      for (int i = j + 1; i < size; i++) l[i * size + j] = (l[i * size + j] - dot(l, i * size, j * size, j)) / root;
    }
    for (int i = 0; i < size; i++) Arrays.fill(l, i * size + i + 1, (i + 1) * size, 0);
    return new Cholesky(l, size);
  }

  private static double dot(double[] l, int a, int b, int count) {
    double sum = 0;
    for (int k = 0; k < count; k++) sum += l[a + k] * l[b + k];
    return sum;
  }

  /// The solution of `A x = b`, in place of `b`.
  public void solve(double[] b) {
    for (int i = 0; i < size; i++) b[i] = (b[i] - partial(b, i)) / factor[i * size + i];
    for (int i = size - 1; i >= 0; i--) {
      b[i] /= factor[i * size + i];
      for (int k = 0; k < i; k++) b[k] -= factor[i * size + k] * b[i];
    }
  }

  private double partial(double[] b, int row) {
    double sum = 0;
    for (int k = 0; k < row; k++) sum += factor[row * size + k] * b[k];
    return sum;
  }
}
