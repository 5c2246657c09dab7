package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// The softmax of attention, one score at a time: scores `[keys, width]`, a column for each query.
public final class ScalarScores {
  private ScalarScores() {}

  static void add(long s, long sBytes, long extra, int keys, int width, float scale) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = i * sBytes + 4L * j;
        float added = getFloat(extra + at);
        setFloat(s + at, added == Float.NEGATIVE_INFINITY ? added : Math.fma(getFloat(s + at), scale, added));
      }
    }
  }

  static void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    for (int j = 0; j < width; j++) {
      float largest = getFloat(max + 4L * j);
      for (int i = 0; i < keys; i++) {
        float score = getFloat(s + i * sBytes + 4L * j) * scale;
        if (score > largest) largest = score;
      }
      setFloat(factor + 4L * j, largest);
    }
    change(width, max, sum, factor);
    for (int j = 0; j < width; j++) {
      float shift = shift(getFloat(max + 4L * j));
      float total = getFloat(sum + 4L * j);
      for (int i = 0; i < keys; i++) {
        long at = s + i * sBytes + 4L * j;
        float p = ScalarMath.exp(getFloat(at) * scale - shift);
        setFloat(at, p);
        total += p;
      }
      setFloat(sum + 4L * j, total);
    }
  }

  /// Moves the maximum, which `factor` holds, to its place, and brings the sums down to it.
  public static void change(int width, long max, long sum, long factor) {
    for (long j = 0; j < 4L * width; j += 4) {
      float largest = getFloat(factor + j);
      float change = ScalarMath.exp(getFloat(max + j) - shift(largest));
      setFloat(max + j, largest);
      setFloat(factor + j, change);
      setFloat(sum + j, getFloat(sum + j) * change);
    }
  }

  /// What is subtracted for this maximum: something finite, so that exponentials of -∞ are 0 where all is -∞.
  private static float shift(float max) { return max > -Float.MAX_VALUE ? max : -Float.MAX_VALUE; }

  /// As [dev.raiju.kernels.cpu.products.MicroKernels#finishSums].
  public static void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
    for (long j = 0; j < 4L * width; j += 4) {
      float total = getFloat(sum + j);
      setFloat(inverse + j, total == 0 ? 0 : 1 / total);
      setFloat(logSumExp + j, shift(getFloat(max + j)) + ScalarMath.log(total));
    }
  }

  static void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    for (int i = 0; i < rows; i++) {
      for (long at = y + i * yBytes, j = 0; j < 4L * width; j += 4) setFloat(at + j, getFloat(at + j) * getFloat(factor + j));
    }
  }

  static void gradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = i * bytes + 4L * j;
        float p = ScalarMath.exp(getFloat(s + at) * scale - getFloat(logSumExp + 4L * j));
        setFloat(s + at, p);
        setFloat(d + at, p * (getFloat(d + at) - getFloat(delta + 4L * j)));
      }
    }
  }
}
