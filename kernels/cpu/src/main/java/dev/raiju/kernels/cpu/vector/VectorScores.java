package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The softmax of attention down one vector of queries: every lane is a query, so nothing is summed across lanes.
final class VectorScores {
  private static final FloatVector ZERO = Lanes.of(0);
  private static final FloatVector ONE = Lanes.of(1);
  private static final FloatVector INFINITY = Lanes.of(Float.POSITIVE_INFINITY);
  private static final FloatVector MINUS_INFINITY = Lanes.of(Float.NEGATIVE_INFINITY);

  private VectorScores() {}

  static void scores(long s, long sBytes, int keys, float scale, long max) {
    FloatVector factor = Lanes.of(scale);
    FloatVector m = fromMemorySegment(F32, ALL, max, ORDER);
    for (int i = 0; i < keys; i++) {
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).mul(factor);
      score.intoMemorySegment(ALL, s + i * sBytes, ORDER);
      // compare and blend: the maximum of floats minds signed zeros and takes twice as long
      m = m.blend(score, score.compare(VectorOperators.GT, m));
    }
    m.intoMemorySegment(ALL, max, ORDER);
  }

  static void scores(long s, long sBytes, long extra, int keys, float scale, long max) {
    FloatVector factor = Lanes.of(scale);
    FloatVector m = fromMemorySegment(F32, ALL, max, ORDER);
    for (int i = 0; i < keys; i++) {
      FloatVector added = fromMemorySegment(F32, ALL, extra + i * sBytes, ORDER);
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).fma(factor, added);
      score = score.blend(MINUS_INFINITY, added.compare(VectorOperators.EQ, MINUS_INFINITY));
      score.intoMemorySegment(ALL, s + i * sBytes, ORDER);
      m = m.blend(score, score.compare(VectorOperators.GT, m));
    }
    m.intoMemorySegment(ALL, max, ORDER);
  }

  static void shift(long before, long max, long shift, long factor, long sum) {
    FloatVector m = fromMemorySegment(F32, ALL, max, ORDER);
    FloatVector largest = m.blend(ZERO, m.compare(VectorOperators.EQ, MINUS_INFINITY));
    FloatVector change = VectorMath.exp(fromMemorySegment(F32, ALL, before, ORDER).sub(largest));
    largest.intoMemorySegment(ALL, shift, ORDER);
    change.intoMemorySegment(ALL, factor, ORDER);
    fromMemorySegment(F32, ALL, sum, ORDER).mul(change).intoMemorySegment(ALL, sum, ORDER);
  }

  static void exponentials(long s, long sBytes, int keys, long shift, long sum) {
    FloatVector largest = fromMemorySegment(F32, ALL, shift, ORDER);
    FloatVector total = fromMemorySegment(F32, ALL, sum, ORDER);
    for (int i = 0; i < keys; i++) {
      FloatVector p = VectorMath.exp(fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).sub(largest));
      p.intoMemorySegment(ALL, s + i * sBytes, ORDER);
      total = total.add(p);
    }
    total.intoMemorySegment(ALL, sum, ORDER);
  }

  static void finishSums(long shift, long sum, long inverse, long logSumExp) {
    FloatVector total = fromMemorySegment(F32, ALL, sum, ORDER);
    FloatVector part = ONE.div(total).blend(ZERO, total.compare(VectorOperators.EQ, ZERO));
    part.intoMemorySegment(ALL, inverse, ORDER);
    FloatVector largest = fromMemorySegment(F32, ALL, shift, ORDER);
    largest.add(VectorMath.log(total)).intoMemorySegment(ALL, logSumExp, ORDER);
  }

  static void scaleColumns(long y, long yBytes, int rows, long factor) {
    FloatVector f = fromMemorySegment(F32, ALL, factor, ORDER);
    for (int i = 0; i < rows; i++) {
      fromMemorySegment(F32, ALL, y + i * yBytes, ORDER).mul(f).intoMemorySegment(ALL, y + i * yBytes, ORDER);
    }
  }

  static void probabilities(long s, long sBytes, int keys, float scale, long logSumExp) {
    FloatVector factor = Lanes.of(scale);
    FloatVector lse = unseenHigh(fromMemorySegment(F32, ALL, logSumExp, ORDER));
    for (int i = 0; i < keys; i++) {
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).mul(factor);
      VectorMath.exp(score.sub(lse)).intoMemorySegment(ALL, s + i * sBytes, ORDER);
    }
  }

  static void probabilities(long s, long sBytes, long extra, int keys, float scale, long logSumExp) {
    FloatVector factor = Lanes.of(scale);
    FloatVector lse = unseenHigh(fromMemorySegment(F32, ALL, logSumExp, ORDER));
    for (int i = 0; i < keys; i++) {
      FloatVector added = fromMemorySegment(F32, ALL, extra + i * sBytes, ORDER);
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).fma(factor, added);
      score = score.blend(MINUS_INFINITY, added.compare(VectorOperators.EQ, MINUS_INFINITY));
      VectorMath.exp(score.sub(lse)).intoMemorySegment(ALL, s + i * sBytes, ORDER);
    }
  }

  /// ∞ in place of -∞, so that the exponential of any finite score is 0.
  private static FloatVector unseenHigh(FloatVector lse) {
    return lse.blend(INFINITY, lse.compare(VectorOperators.EQ, MINUS_INFINITY));
  }

  static void scoreGradients(long p, long d, long bytes, int keys, long delta) {
    FloatVector row = fromMemorySegment(F32, ALL, delta, ORDER);
    for (long at = 0; at < keys * bytes; at += bytes) {
      FloatVector change = fromMemorySegment(F32, ALL, d + at, ORDER).sub(row);
      fromMemorySegment(F32, ALL, p + at, ORDER).mul(change).intoMemorySegment(ALL, d + at, ORDER);
    }
  }
}
