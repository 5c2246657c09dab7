package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The softmax of attention down one vector of queries: every lane is a query, so nothing is summed across lanes.
final class VectorScores {
  private static final FloatVector LEAST = Lanes.of(-Float.MAX_VALUE);
  private static final FloatVector MINUS_INFINITY = Lanes.of(Float.NEGATIVE_INFINITY);

  private VectorScores() {}

  static void add(long s, long sBytes, long extra, int keys, float scale) {
    FloatVector factor = Lanes.of(scale);
    for (int i = 0; i < keys; i++) {
      FloatVector added = fromMemorySegment(F32, ALL, extra + i * sBytes, ORDER);
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).fma(factor, added);
      score.blend(MINUS_INFINITY, added.compare(VectorOperators.EQ, MINUS_INFINITY)).intoMemorySegment(ALL, s + i * sBytes,
          ORDER);
    }
  }

  /// `after` becomes the largest of `max` and `s · scale`.
  static void largest(long s, long sBytes, int keys, float scale, long max, long after) {
    FloatVector factor = Lanes.of(scale);
    FloatVector m = fromMemorySegment(F32, ALL, max, ORDER);
    for (int i = 0; i < keys; i++) {
      FloatVector score = fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).mul(factor);
      // compare and blend: the maximum of floats minds signed zeros and takes twice as long
      m = m.blend(score, score.compare(VectorOperators.GT, m));
    }
    m.intoMemorySegment(ALL, after, ORDER);
  }

  static void exponentials(long s, long sBytes, int keys, float scale, long max, long sum) {
    FloatVector factor = Lanes.of(scale);
    FloatVector m = fromMemorySegment(F32, ALL, max, ORDER);
    FloatVector shift = LEAST.blend(m, m.compare(VectorOperators.GT, LEAST));
    FloatVector total = fromMemorySegment(F32, ALL, sum, ORDER);
    for (int i = 0; i < keys; i++) {
      FloatVector p = VectorMath.exp(fromMemorySegment(F32, ALL, s + i * sBytes, ORDER).mul(factor).sub(shift));
      p.intoMemorySegment(ALL, s + i * sBytes, ORDER);
      total = total.add(p);
    }
    total.intoMemorySegment(ALL, sum, ORDER);
  }

  static void scaleColumns(long y, long yBytes, int rows, long factor) {
    FloatVector f = fromMemorySegment(F32, ALL, factor, ORDER);
    for (int i = 0; i < rows; i++) {
      fromMemorySegment(F32, ALL, y + i * yBytes, ORDER).mul(f).intoMemorySegment(ALL, y + i * yBytes, ORDER);
    }
  }

  static void gradients(long s, long d, long bytes, int keys, float scale, long logSumExp, long delta) {
    FloatVector factor = Lanes.of(scale);
    FloatVector total = fromMemorySegment(F32, ALL, logSumExp, ORDER);
    FloatVector row = fromMemorySegment(F32, ALL, delta, ORDER);
    for (long at = 0; at < keys * bytes; at += bytes) {
      FloatVector p = VectorMath.exp(fromMemorySegment(F32, ALL, s + at, ORDER).mul(factor).sub(total));
      p.intoMemorySegment(ALL, s + at, ORDER);
      FloatVector change = fromMemorySegment(F32, ALL, d + at, ORDER).sub(row);
      p.mul(change).intoMemorySegment(ALL, d + at, ORDER);
    }
  }
}
