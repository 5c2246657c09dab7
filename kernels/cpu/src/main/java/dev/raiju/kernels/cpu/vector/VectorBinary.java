package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import dev.raiju.kernels.cpu.scalar.ScalarBinary;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Functions of two values, a loop each.
final class VectorBinary {
  /// A loop over whole vectors.
  @FunctionalInterface
  private interface Loop {
    void run(long a, long b, long y, int n);
  }

  private static final Loop[] LOOPS = new Loop[BinaryFunction.values().length];

  static {
    put(BinaryFunction.ADD, VectorBinary::add);
    put(BinaryFunction.SUBTRACT, VectorBinary::subtract);
    put(BinaryFunction.MULTIPLY, VectorBinary::multiply);
    put(BinaryFunction.DIVIDE, VectorBinary::divide);
    put(BinaryFunction.MIN, VectorBinary::min);
    put(BinaryFunction.MAX, VectorBinary::max);
    put(BinaryFunction.LESS, VectorBinary::less);
    put(BinaryFunction.LESS_EQUAL, VectorBinary::lessEqual);
    put(BinaryFunction.EQUAL, VectorBinary::equal);
    // of zeros and ones
    put(BinaryFunction.AND, VectorBinary::multiply);
    put(BinaryFunction.OR, VectorBinary::max);
  }

  private static final FloatVector ZERO = Lanes.of(0);
  private static final FloatVector ONE = Lanes.of(1);

  private VectorBinary() {}

  private static void put(BinaryFunction function, Loop loop) { LOOPS[function.ordinal()] = loop; }

  static void apply(BinaryFunction function, long a, long b, long y, int n) {
    int whole = Lanes.whole(n);
    LOOPS[function.ordinal()].run(a, b, y, whole);
    if (whole == n) return;
    long done = 4L * whole;
    ScalarBinary.apply(function, a + done, b + done, y + done, n - whole);
  }

  private static void add(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.add(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void subtract(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.sub(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void multiply(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.mul(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void divide(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.div(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void min(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.min(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void max(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.max(w).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void less(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      ZERO.blend(ONE, v.compare(VectorOperators.LT, w)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void lessEqual(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      ZERO.blend(ONE, v.compare(VectorOperators.LE, w)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void equal(long a, long b, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, a + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      ZERO.blend(ONE, v.compare(VectorOperators.EQ, w)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }
}
