package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.loops.Loops.LANES;
import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// Sums and extremes: one, two or four accumulators hold the 16 virtual lanes, as the width wants. The width is a constant, so
/// that the branches on it cost nothing.
final class VectorSums {
  private static final long GROUP = 4L * LANES;

  private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F32, 8, 1, true);
  private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(F32, 4, 1, true);
  private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(F32, 2, 1, true);
  private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(F32, 1, 1, true);

  private VectorSums() {}

  /// The lanes joined as a tree of halves.
  private static float joined(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    FloatVector all = COUNT < 8 ? a.add(c).add(b.add(d)) : COUNT < 16 ? a.add(b) : a.add(a.rearrange(BY_8));
    if (COUNT > 4) all = all.add(all.rearrange(BY_4));
    all = all.add(all.rearrange(BY_2));
    return all.add(all.rearrange(BY_1)).lane(0);
  }

  static float sum(long x, int n) {
    FloatVector a = FloatVector.zero(F32);
    FloatVector b = FloatVector.zero(F32);
    FloatVector c = FloatVector.zero(F32);
    FloatVector d = FloatVector.zero(F32);
    for (long i = 0; i < 4L * n; i += GROUP) {
      long at = x + i;
      a = a.add(FloatVector.fromMemorySegment(F32, ALL, at, ORDER));
      if (COUNT < 16) b = b.add(FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER));
      if (COUNT < 8) c = c.add(FloatVector.fromMemorySegment(F32, ALL, at + 2 * BYTES, ORDER));
      if (COUNT < 8) d = d.add(FloatVector.fromMemorySegment(F32, ALL, at + 3 * BYTES, ORDER));
    }
    return joined(a, b, c, d);
  }

  static float squares(long x, float centre, int n) {
    FloatVector a = FloatVector.zero(F32);
    FloatVector b = FloatVector.zero(F32);
    FloatVector c = FloatVector.zero(F32);
    FloatVector d = FloatVector.zero(F32);
    FloatVector middle = FloatVector.broadcast(F32, centre);
    for (long i = 0; i < 4L * n; i += GROUP) {
      long at = x + i;
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, at, ORDER).sub(middle);
      a = v.fma(v, a);
      if (COUNT < 16) {
        v = FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER).sub(middle);
        b = v.fma(v, b);
      }
      if (COUNT < 8) {
        v = FloatVector.fromMemorySegment(F32, ALL, at + 2 * BYTES, ORDER).sub(middle);
        c = v.fma(v, c);
        v = FloatVector.fromMemorySegment(F32, ALL, at + 3 * BYTES, ORDER).sub(middle);
        d = v.fma(v, d);
      }
    }
    return joined(a, b, c, d);
  }

  static float dot(long g, long x, float centre, int n) {
    FloatVector a = FloatVector.zero(F32);
    FloatVector b = FloatVector.zero(F32);
    FloatVector c = FloatVector.zero(F32);
    FloatVector d = FloatVector.zero(F32);
    FloatVector middle = FloatVector.broadcast(F32, centre);
    for (long i = 0; i < 4L * n; i += GROUP) {
      long at = x + i;
      long beside = g + i;
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, at, ORDER).sub(middle);
      a = v.fma(FloatVector.fromMemorySegment(F32, ALL, beside, ORDER), a);
      if (COUNT < 16) {
        v = FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER).sub(middle);
        b = v.fma(FloatVector.fromMemorySegment(F32, ALL, beside + BYTES, ORDER), b);
      }
      if (COUNT < 8) {
        v = FloatVector.fromMemorySegment(F32, ALL, at + 2 * BYTES, ORDER).sub(middle);
        c = v.fma(FloatVector.fromMemorySegment(F32, ALL, beside + 2 * BYTES, ORDER), c);
        v = FloatVector.fromMemorySegment(F32, ALL, at + 3 * BYTES, ORDER).sub(middle);
        d = v.fma(FloatVector.fromMemorySegment(F32, ALL, beside + 3 * BYTES, ORDER), d);
      }
    }
    return joined(a, b, c, d);
  }

  // The order does not matter to extremes. Four accumulators, since each waits for itself.

  static float max(long x, int n) {
    FloatVector a = Lanes.of(Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long i = 0; i < 4L * n; i += 4 * BYTES) {
      long at = x + i;
      a = a.max(FloatVector.fromMemorySegment(F32, ALL, at, ORDER));
      b = b.max(FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER));
      c = c.max(FloatVector.fromMemorySegment(F32, ALL, at + 2 * BYTES, ORDER));
      d = d.max(FloatVector.fromMemorySegment(F32, ALL, at + 3 * BYTES, ORDER));
    }
    return a.max(b).max(c.max(d)).reduceLanes(VectorOperators.MAX);
  }

  static float min(long x, int n) {
    FloatVector a = Lanes.of(Float.POSITIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long i = 0; i < 4L * n; i += 4 * BYTES) {
      long at = x + i;
      a = a.min(FloatVector.fromMemorySegment(F32, ALL, at, ORDER));
      b = b.min(FloatVector.fromMemorySegment(F32, ALL, at + BYTES, ORDER));
      c = c.min(FloatVector.fromMemorySegment(F32, ALL, at + 2 * BYTES, ORDER));
      d = d.min(FloatVector.fromMemorySegment(F32, ALL, at + 3 * BYTES, ORDER));
    }
    return a.min(b).min(c.min(d)).reduceLanes(VectorOperators.MIN);
  }
}
