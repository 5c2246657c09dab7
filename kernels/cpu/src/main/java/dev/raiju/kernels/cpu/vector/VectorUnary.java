package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.scalar.ScalarUnary;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Functions of one value, a loop each.
final class VectorUnary {
  /// A loop over whole vectors.
  @FunctionalInterface
  private interface Loop {
    void run(long x, long y, int n);
  }

  private static final @Nullable Loop[] LOOPS = new Loop[UnaryFunction.values().length];
  private static final Loop[] ACTIVATIONS = new Loop[Activation.values().length];

  static {
    put(UnaryFunction.NEGATE, VectorUnary::negate);
    put(UnaryFunction.ABS, VectorUnary::abs);
    put(UnaryFunction.SIGN, VectorUnary::sign);
    put(UnaryFunction.FLOOR, VectorUnary::floor);
    put(UnaryFunction.ROUND, VectorUnary::round);
    put(UnaryFunction.SQRT, VectorUnary::sqrt);
    put(UnaryFunction.EXP, VectorUnary::exp);
    put(UnaryFunction.LOG, VectorUnary::log);
    put(UnaryFunction.TANH, VectorUnary::tanh);
    ACTIVATIONS[Activation.SIGMOID.ordinal()] = VectorUnary::sigmoid;
    ACTIVATIONS[Activation.SILU.ordinal()] = VectorUnary::silu;
    ACTIVATIONS[Activation.GELU_TANH.ordinal()] = VectorUnary::geluTanh;
  }

  private static void put(UnaryFunction function, Loop loop) { LOOPS[function.ordinal()] = loop; }

  // from here on, every float is a whole number
  private static final FloatVector WHOLE = Lanes.of(0x1p23f);
  private static final FloatVector ZERO = Lanes.of(0);
  private static final FloatVector ONE = Lanes.of(1);
  private static final IntVector SIGN = IntVector.broadcast(Lanes.I32, 0x80000000);
  private static final IntVector ONE_BITS = ONE.reinterpretAsInts();

  private VectorUnary() {}

  static void apply(UnaryFunction function, long x, long y, int n) {
    int whole = Lanes.whole(n);
    Loop loop = LOOPS[function.ordinal()];
    // sine, cosine and error function are computed in f64, one by one
    if (loop == null) whole = 0;
    else
      loop.run(x, y, whole);
    if (whole < n) ScalarUnary.apply(function, x + 4L * whole, y + 4L * whole, n - whole);
  }

  static void apply(Activation function, long x, long y, int n) {
    int whole = Lanes.whole(n);
    ACTIVATIONS[function.ordinal()].run(x, y, whole);
    if (whole < n) ScalarUnary.apply(function, x + 4L * whole, y + 4L * whole, n - whole);
  }

  private static void negate(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      v.neg().intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void abs(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      v.abs().intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  /// 1 with the sign of the number; zeros and NaN stay.
  private static void sign(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector one = v.reinterpretAsInts().and(SIGN).or(ONE_BITS).reinterpretAsFloats();
      v.blend(one, v.abs().compare(VectorOperators.GT, ZERO)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  /// To the nearest whole number, halves to the even one.
  private static void round(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector a = v.abs();
      IntVector sign = v.reinterpretAsInts().and(SIGN);
      FloatVector rounded = a.add(WHOLE).sub(WHOLE).reinterpretAsInts().or(sign).reinterpretAsFloats();
      v.blend(rounded, a.compare(VectorOperators.LT, WHOLE)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void floor(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector a = v.abs();
      IntVector sign = v.reinterpretAsInts().and(SIGN);
      FloatVector rounded = a.add(WHOLE).sub(WHOLE).reinterpretAsInts().or(sign).reinterpretAsFloats();
      FloatVector below = rounded.blend(rounded.sub(ONE), rounded.compare(VectorOperators.GT, v));
      v.blend(below, a.compare(VectorOperators.LT, WHOLE)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void sqrt(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      v.sqrt().intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void exp(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.exp(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void log(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.log(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void tanh(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.tanh(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void sigmoid(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.sigmoid(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void silu(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.silu(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  private static void geluTanh(long x, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.geluTanh(v).intoMemorySegment(ALL, y + i, ORDER);
    }
  }
}
