package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Functions of three values, and of values and numbers, a loop each over whole vectors.
final class VectorMixes {
  private static final FloatVector ZERO = Lanes.of(0);

  private VectorMixes() {}

  static void geluGradient(long x, long g, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, g + i, ORDER);
      VectorMath.geluTanhSlope(v, VectorMath.geluTangent(v)).mul(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void geluAndGradient(long x, long g, long a, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, g + i, ORDER);
      FloatVector t = VectorMath.geluTangent(v);
      VectorMath.geluTanh(v, t).intoMemorySegment(ALL, a + i, ORDER);
      VectorMath.geluTanhSlope(v, t).mul(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void multiplyAdd(long a, long b, long c, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.fma(w, FloatVector.fromMemorySegment(F32, ALL, c + i, ORDER)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void subtractProduct(long a, long b, long c, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.neg().fma(w, FloatVector.fromMemorySegment(F32, ALL, c + i, ORDER)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void select(long condition, long yes, long no, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, yes + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, no + i, ORDER);
      FloatVector holds = FloatVector.fromMemorySegment(F32, ALL, condition + i, ORDER);
      w.blend(v, holds.compare(VectorOperators.NE, ZERO)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void fill(float value, long y, int n) {
    FloatVector all = FloatVector.broadcast(F32, value);
    for (long i = 0; i < 4L * n; i += BYTES) all.intoMemorySegment(ALL, y + i, ORDER);
  }

  static void affine(long x, float centre, float a, float b, long y, int n) {
    FloatVector middle = FloatVector.broadcast(F32, centre);
    FloatVector factor = FloatVector.broadcast(F32, a);
    FloatVector shift = FloatVector.broadcast(F32, b);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      v.sub(middle).fma(factor, shift).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void mix(float a, long x, float b, long z, long y, int n) {
    FloatVector factor = FloatVector.broadcast(F32, a);
    FloatVector other = FloatVector.broadcast(F32, b);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, z + i, ORDER);
      factor.fma(v, w.mul(other)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }
}
