package dev.raiju.training.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LinalgTest {
  private static double[] positive(int size, long seed) {
    Random random = new Random(seed);
    double[] b = random.doubles(size * size, -1, 1).toArray();
    double[] a = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        for (int k = 0; k < size; k++) a[i * size + j] += b[i * size + k] * b[j * size + k];
      }
      a[i * size + i] += 0.1;
    }
    return a;
  }

  private static double[] product(double[] a, double[] b, int size) {
    double[] out = new double[size * size];
    for (int i = 0; i < size * size; i++) {
      for (int k = 0; k < size; k++) out[i] += a[i / size * size + k] * b[k * size + i % size];
    }
    return out;
  }

  @Test
  void solvesWhatItIsGiven() {
    for (int size : new int[] {1, 2, 7, 30}) {
      double[] a = positive(size, size);
      double[] x = new Random(3).doubles(size).toArray();
      double[] b = new double[size];
      for (int i = 0; i < size; i++) {
        for (int k = 0; k < size; k++) b[i] += a[i * size + k] * x[k];
      }
      Cholesky.of(a, size).solve(b);
      assertArrayEquals(x, b, 1e-8);
    }
    assertThrows(IllegalArgumentException.class, () -> Cholesky.of(new double[] {1, 2, 2, 1}, 2));
  }

  @Test
  void knowsTheEigenvaluesOfASmallMatrix() {
    double[] values = SymmetricEigen.of(new double[] {2, 1, 0, 1, 2, 0, 0, 0, -5}, 3).values();
    Arrays.sort(values);
    assertArrayEquals(new double[] {-5, 1, 3}, values, 1e-12);
  }

  @Test
  void theSquareOfTheRootIsTheMatrix() {
    for (int size : new int[] {1, 3, 20}) {
      double[] a = positive(size, 7);
      double[] root = SymmetricEigen.of(a, size).squareRoot();
      assertArrayEquals(a, product(root, root, size), 1e-10);
    }
    assertThrows(IllegalArgumentException.class, () -> SymmetricEigen.of(new double[] {Double.NaN}, 1));
    assertEquals(0, SymmetricEigen.of(new double[4], 2).values()[0]);
  }
}
