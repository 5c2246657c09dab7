package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// The softmax of attention, one score at a time: scores `[keys, width]`, a column for each query.
final class ScalarScores {
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
      long column = s + 4L * j;
      float before = getFloat(max + 4L * j);
      float largest = before;
      for (int i = 0; i < keys; i++) {
        float score = getFloat(column + i * sBytes) * scale;
        if (score > largest) largest = score;
      }
      float shift = shift(largest);
      float change = ScalarMath.exp(before - shift);
      float total = getFloat(sum + 4L * j) * change;
      for (int i = 0; i < keys; i++) {
        float p = ScalarMath.exp(getFloat(column + i * sBytes) * scale - shift);
        setFloat(column + i * sBytes, p);
        total += p;
      }
      setFloat(max + 4L * j, largest);
      setFloat(factor + 4L * j, change);
      setFloat(sum + 4L * j, total);
    }
  }

  /// What is subtracted for this maximum: something finite, so that exponentials of -∞ are 0 where all is -∞.
  private static float shift(float max) { return max > -Float.MAX_VALUE ? max : -Float.MAX_VALUE; }

  static void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
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
