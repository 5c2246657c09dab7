package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// The softmax of attention, one score at a time: scores `[keys, width]`, a column for each query.
final class ScalarScores {
  private ScalarScores() {}

  static void scores(long s, long sBytes, int keys, int width, float scale, long max) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = s + i * sBytes + 4L * j;
        float score = getFloat(at) * scale;
        setFloat(at, score);
        if (score > getFloat(max + 4L * j)) setFloat(max + 4L * j, score);
      }
    }
  }

  static void scores(long s, long sBytes, long extra, int keys, int width, float scale, long max) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = i * sBytes + 4L * j;
        float score = score(getFloat(s + at), scale, getFloat(extra + at));
        setFloat(s + at, score);
        if (score > getFloat(max + 4L * j)) setFloat(max + 4L * j, score);
      }
    }
  }

  private static float score(float s, float scale, float extra) {
    return extra == Float.NEGATIVE_INFINITY ? extra : Math.fma(s, scale, extra);
  }

  static void shift(long before, long max, long shift, long factor, long sum, int width) {
    for (long j = 0; j < 4L * width; j += 4) {
      float largest = finiteOrZero(getFloat(max + j));
      float change = ScalarMath.exp(getFloat(before + j) - largest);
      setFloat(shift + j, largest);
      setFloat(factor + j, change);
      setFloat(sum + j, getFloat(sum + j) * change);
    }
  }

  private static float finiteOrZero(float x) { return x == Float.NEGATIVE_INFINITY ? 0 : x; }

  static void exponentials(long s, long sBytes, int keys, int width, long shift, long sum) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = s + i * sBytes + 4L * j;
        float p = ScalarMath.exp(getFloat(at) - getFloat(shift + 4L * j));
        setFloat(at, p);
        setFloat(sum + 4L * j, getFloat(sum + 4L * j) + p);
      }
    }
  }

  static void finishSums(long shift, long sum, long inverse, long logSumExp, int width) {
    for (long j = 0; j < 4L * width; j += 4) {
      float total = getFloat(sum + j);
      setFloat(inverse + j, total == 0 ? 0 : 1 / total);
      setFloat(logSumExp + j, getFloat(shift + j) + ScalarMath.log(total));
    }
  }

  static void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    for (int i = 0; i < rows; i++) {
      for (long at = y + i * yBytes, j = 0; j < 4L * width; j += 4) setFloat(at + j, getFloat(at + j) * getFloat(factor + j));
    }
  }

  static void probabilities(long s, long sBytes, int keys, int width, float scale, long logSumExp) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = s + i * sBytes + 4L * j;
        setFloat(at, probability(getFloat(at) * scale, getFloat(logSumExp + 4L * j)));
      }
    }
  }

  static void probabilities(long s, long sBytes, long extra, int keys, int width, float scale, long logSumExp) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = i * sBytes + 4L * j;
        float score = score(getFloat(s + at), scale, getFloat(extra + at));
        setFloat(s + at, probability(score, getFloat(logSumExp + 4L * j)));
      }
    }
  }

  private static float probability(float score, float logSumExp) {
    return logSumExp == Float.NEGATIVE_INFINITY ? 0 : ScalarMath.exp(score - logSumExp);
  }

  static void scoreGradients(long p, long d, long bytes, int keys, int width, long delta) {
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < width; j++) {
        long at = i * bytes + 4L * j;
        setFloat(d + at, getFloat(p + at) * (getFloat(d + at) - getFloat(delta + 4L * j)));
      }
    }
  }
}
