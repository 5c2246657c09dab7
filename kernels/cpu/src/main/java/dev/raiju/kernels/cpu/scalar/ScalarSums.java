package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Loops.LANES;

/// Sums and extremes of a row: whole groups of 16 in virtual lanes, then what is left over, one by one.
public final class ScalarSums {
  private ScalarSums() {}

  static float sum(long x, int n) {
    float[] lanes = new float[LANES];
    int groups = n & -LANES;
    for (int i = 0; i < groups; i += LANES) {
      for (int k = 0; k < LANES; k++) lanes[k] += getFloat(x + 4L * (i + k));
    }
    return sum(x + 4L * groups, n - groups, joined(lanes));
  }

  static float squares(long x, float centre, int n) {
    float[] lanes = new float[LANES];
    int groups = n & -LANES;
    for (int i = 0; i < groups; i += LANES) {
      for (int k = 0; k < LANES; k++) {
        float d = getFloat(x + 4L * (i + k)) - centre;
        lanes[k] = Math.fma(d, d, lanes[k]);
      }
    }
    return squares(x + 4L * groups, centre, n - groups, joined(lanes));
  }

  static float dot(long g, long x, float centre, int n) {
    float[] lanes = new float[LANES];
    int groups = n & -LANES;
    for (int i = 0; i < groups; i += LANES) {
      for (int k = 0; k < LANES; k++) {
        lanes[k] = Math.fma(getFloat(g + 4L * (i + k)), getFloat(x + 4L * (i + k)) - centre, lanes[k]);
      }
    }
    return dot(g + 4L * groups, x + 4L * groups, centre, n - groups, joined(lanes));
  }

  /// The sum of the lanes, as a tree of halves.
  private static float joined(float[] lanes) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int k = 0; k < half; k++) lanes[k] += lanes[k + half];
    }
    return lanes[0];
  }

  /// `before` plus the elements, one after the other.
  public static float sum(long x, int n, float before) {
    float sum = before;
    for (int i = 0; i < n; i++) sum += getFloat(x + 4L * i);
    return sum;
  }

  /// `before` plus the squares of the distances, one after the other.
  public static float squares(long x, float centre, int n, float before) {
    float sum = before;
    for (int i = 0; i < n; i++) {
      float d = getFloat(x + 4L * i) - centre;
      sum = Math.fma(d, d, sum);
    }
    return sum;
  }

  /// `before` plus the products, one after the other.
  public static float dot(long g, long x, float centre, int n, float before) {
    float sum = before;
    for (int i = 0; i < n; i++) sum = Math.fma(getFloat(g + 4L * i), getFloat(x + 4L * i) - centre, sum);
    return sum;
  }

  /// The largest of `before` and the elements. The order does not matter.
  public static float max(long x, int n, float before) {
    float max = before;
    for (int i = 0; i < n; i++) max = Math.max(max, getFloat(x + 4L * i));
    return max;
  }

  /// The smallest of `before` and the elements. The order does not matter.
  public static float min(long x, int n, float before) {
    float min = before;
    for (int i = 0; i < n; i++) min = Math.min(min, getFloat(x + 4L * i));
    return min;
  }
}
