package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.load;
import static dev.raiju.kernels.cpu.vector.Lanes.store;

import dev.raiju.kernels.cpu.scalar.ScalarScores;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The softmax of attention down one vector of queries: every lane is a query, so nothing is summed across lanes.
final class VectorScores {
  private VectorScores() {}

  static void scores(long s, long sBytes, int keys, float scale, long max) {
    FloatVector m = load(max);
    for (int i = 0; i < keys; i++) {
      FloatVector score = load(s + i * sBytes).mul(scale);
      store(score, s + i * sBytes);
      // compare and blend: the maximum of floats minds signed zeros and takes twice as long
      m = m.blend(score, score.compare(VectorOperators.GT, m));
    }
    store(m, max);
  }

  static void scores(long s, long sBytes, long extra, int keys, float scale, long max) {
    FloatVector m = load(max);
    for (int i = 0; i < keys; i++) {
      FloatVector score = score(load(s + i * sBytes), scale, load(extra + i * sBytes));
      store(score, s + i * sBytes);
      m = m.blend(score, score.compare(VectorOperators.GT, m));
    }
    store(m, max);
  }

  private static FloatVector score(FloatVector s, float scale, FloatVector extra) {
    FloatVector sum = s.lanewise(VectorOperators.FMA, s.broadcast(scale), extra);
    return sum.blend(Float.NEGATIVE_INFINITY, extra.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
  }

  static void shift(long before, long max, long shift, long factor, long sum) {
    FloatVector m = load(max);
    FloatVector largest = m.blend(0f, m.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
    FloatVector change = VectorMath.exp(load(before).sub(largest));
    store(largest, shift);
    store(change, factor);
    store(load(sum).mul(change), sum);
  }

  static void exponentials(long s, long sBytes, int keys, long shift, long sum) {
    FloatVector largest = load(shift);
    FloatVector total = load(sum);
    for (int i = 0; i < keys; i++) {
      FloatVector p = VectorMath.exp(load(s + i * sBytes).sub(largest));
      store(p, s + i * sBytes);
      total = total.add(p);
    }
    store(total, sum);
  }

  static void finishSums(long shift, long sum, long inverse, long logSumExp) {
    FloatVector total = load(sum);
    FloatVector one = total.broadcast(1f).div(total);
    store(one.blend(0f, total.compare(VectorOperators.EQ, 0f)), inverse);
    store(load(shift).add(VectorMath.log(total)), logSumExp);
  }

  static void scaleColumns(long y, long yBytes, int rows, long factor) {
    FloatVector f = load(factor);
    for (int i = 0; i < rows; i++) store(load(y + i * yBytes).mul(f), y + i * yBytes);
  }

  static void probabilities(long s, long sBytes, int keys, float scale, long logSumExp) {
    FloatVector lse = unseenHigh(load(logSumExp));
    for (int i = 0; i < keys; i++) store(VectorMath.exp(load(s + i * sBytes).mul(scale).sub(lse)), s + i * sBytes);
  }

  static void probabilities(long s, long sBytes, long extra, int keys, float scale, long logSumExp) {
    FloatVector lse = unseenHigh(load(logSumExp));
    for (int i = 0; i < keys; i++) {
      FloatVector score = score(load(s + i * sBytes), scale, load(extra + i * sBytes));
      store(VectorMath.exp(score.sub(lse)), s + i * sBytes);
    }
  }

  /// ∞ in place of -∞, so that the exponential of any finite score is 0.
  private static FloatVector unseenHigh(FloatVector lse) {
    return lse.blend(Float.POSITIVE_INFINITY, lse.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
  }

  static void scoreGradients(long p, long d, long bytes, int keys, long delta) {
    FloatVector row = load(delta);
    for (int i = 0; i < keys; i++) {
      long at = i * bytes;
      store(load(p + at).mul(load(d + at).sub(row)), d + at);
    }
  }

  static void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    int whole = Lanes.F32.loopBound(columns);
    for (int i = 0; i < rows; i++) scaledRow(x + i * xBytes, y + i * yBytes, whole, factor);
    ScalarScores.scaled(x + 4L * whole, xBytes, y + 4L * whole, yBytes, rows, columns - whole, factor);
  }

  private static void scaledRow(long x, long y, int columns, float factor) {
    for (int j = 0; j < columns; j += Lanes.COUNT) store(load(x + 4L * j).mul(factor), y + 4L * j);
  }
}
