package dev.raiju.kernels.cpu.vector;

import dev.raiju.kernels.cpu.scalar.ScalarMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The functions of [ScalarMath] on whole vectors of any width, step by step the same, so that the bits are the same.
///
/// Constants are vectors and not scalars: each scalar operand would cost the compiler as much as an operation, and a loop of
/// more than about 50 operations is over its limit.
public final class VectorMath {
  private static final FloatVector ONE = Lanes.of(1f);
  private static final FloatVector ROUNDER = Lanes.of(ScalarMath.ROUNDER);
  private static final FloatVector LOG2_E = Lanes.of(ScalarMath.LOG2_E);
  private static final FloatVector LN2_HIGH = Lanes.of(ScalarMath.LN2_HIGH);
  private static final FloatVector LN2_LOW = Lanes.of(ScalarMath.LN2_LOW);
  private static final FloatVector MINUS_LN2_HIGH = Lanes.of(-ScalarMath.LN2_HIGH);
  private static final FloatVector MINUS_LN2_LOW = Lanes.of(-ScalarMath.LN2_LOW);
  private static final IntVector BIAS = IntVector.broadcast(Lanes.I32, 127);
  private static final IntVector ROUNDER_BITS = IntVector.broadcast(Lanes.I32, ScalarMath.ROUNDER_BITS);

  private static final FloatVector EXP_HIGH = Lanes.of(ScalarMath.EXP_HIGH);
  private static final FloatVector EXP_LOW = Lanes.of(ScalarMath.EXP_LOW);
  private static final FloatVector E0 = Lanes.of(ScalarMath.E0);
  private static final FloatVector E1 = Lanes.of(ScalarMath.E1);
  private static final FloatVector E2 = Lanes.of(ScalarMath.E2);
  private static final FloatVector E3 = Lanes.of(ScalarMath.E3);
  private static final FloatVector E4 = Lanes.of(ScalarMath.E4);

  private static final FloatVector TANH_HIGH = Lanes.of(ScalarMath.TANH_HIGH);
  private static final FloatVector TWO = Lanes.of(2f);
  private static final IntVector SIGN = IntVector.broadcast(Lanes.I32, 0x80000000);

  private static final FloatVector ZERO = Lanes.of(0f);
  private static final FloatVector INFINITY = Lanes.of(Float.POSITIVE_INFINITY);
  private static final FloatVector MINUS_INFINITY = Lanes.of(Float.NEGATIVE_INFINITY);
  private static final FloatVector NAN = Lanes.of(Float.NaN);
  private static final FloatVector LEAST_NORMAL = Lanes.of(Float.MIN_NORMAL);
  private static final FloatVector LIFT = Lanes.of(ScalarMath.LIFT);
  private static final FloatVector LIFTED = Lanes.of(23f);
  private static final FloatVector MINUS_HALF = Lanes.of(-0.5f);
  private static final IntVector ROOT_HALF_BITS = IntVector.broadcast(Lanes.I32, ScalarMath.ROOT_HALF_BITS);
  private static final FloatVector L0 = Lanes.of(ScalarMath.L0);
  private static final FloatVector L1 = Lanes.of(ScalarMath.L1);
  private static final FloatVector L2 = Lanes.of(ScalarMath.L2);
  private static final FloatVector L3 = Lanes.of(ScalarMath.L3);
  private static final FloatVector L4 = Lanes.of(ScalarMath.L4);
  private static final FloatVector L5 = Lanes.of(ScalarMath.L5);
  private static final FloatVector L6 = Lanes.of(ScalarMath.L6);
  private static final FloatVector L7 = Lanes.of(ScalarMath.L7);
  private static final FloatVector L8 = Lanes.of(ScalarMath.L8);

  private static final FloatVector HALF = Lanes.of(0.5f);
  private static final FloatVector GELU_1 = Lanes.of(ScalarMath.GELU_1);
  private static final FloatVector GELU_3 = Lanes.of(ScalarMath.GELU_3);
  private static final FloatVector GELU_9 = Lanes.of(ScalarMath.GELU_9);

  private VectorMath() {}

  /// As [ScalarMath#exp].
  public static FloatVector exp(FloatVector x) {
    FloatVector v = x.blend(EXP_HIGH, x.compare(VectorOperators.GT, EXP_HIGH));
    v = v.blend(EXP_LOW, v.compare(VectorOperators.LT, EXP_LOW));
    FloatVector rounded = v.fma(LOG2_E, ROUNDER);
    IntVector k = rounded.reinterpretAsInts().sub(ROUNDER_BITS);
    FloatVector y = expMinusOne(remainder(rounded, v)).add(ONE);
    IntVector half = k.lanewise(VectorOperators.ASHR, 1);
    return y.mul(power(half)).mul(power(k.sub(half)));
  }

  /// As [ScalarMath#log].
  public static FloatVector log(FloatVector x) {
    VectorMask<Float> subnormal = x.compare(VectorOperators.LT, LEAST_NORMAL);
    IntVector bits = x.blend(x.mul(LIFT), subnormal).reinterpretAsInts();
    IntVector e = bits.sub(ROOT_HALF_BITS).lanewise(VectorOperators.ASHR, 23);
    FloatVector f = bits.sub(e.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(ONE);
    FloatVector whole = (FloatVector) e.convert(VectorOperators.I2F, 0);
    FloatVector n = whole.blend(whole.sub(LIFTED), subnormal);
    FloatVector p = L8.fma(f, L7);
    p = p.fma(f, L6);
    p = p.fma(f, L5);
    p = p.fma(f, L4);
    p = p.fma(f, L3);
    p = p.fma(f, L2);
    p = p.fma(f, L1);
    p = p.fma(f, L0);
    FloatVector z = f.mul(f);
    FloatVector y = n.fma(LN2_LOW, p.mul(f).mul(z));
    y = z.fma(MINUS_HALF, y).add(f);
    return limits(x, n.fma(LN2_HIGH, y));
  }

  /// The logarithms `y` of `x`, put right where `x` is not a positive number.
  private static FloatVector limits(FloatVector x, FloatVector y) {
    FloatVector limit = x.blend(MINUS_INFINITY, x.compare(VectorOperators.EQ, ZERO));
    limit = limit.blend(NAN, x.compare(VectorOperators.LT, ZERO));
    FloatVector positive = limit.blend(y, x.compare(VectorOperators.GT, ZERO));
    return positive.blend(x, x.compare(VectorOperators.EQ, INFINITY));
  }

  /// As [ScalarMath#tanh].
  public static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    a = a.blend(TANH_HIGH, a.compare(VectorOperators.GT, TANH_HIGH));
    FloatVector v = a.add(a);
    FloatVector rounded = v.fma(LOG2_E, ROUNDER);
    FloatVector power = power(rounded.reinterpretAsInts().sub(ROUNDER_BITS));
    FloatVector t = power.fma(expMinusOne(remainder(rounded, v)), power.sub(ONE));
    FloatVector y = t.div(t.add(TWO));
    return y.reinterpretAsInts().or(x.reinterpretAsInts().and(SIGN)).reinterpretAsFloats();
  }

  /// As [ScalarMath#sigmoid].
  public static FloatVector sigmoid(FloatVector x) { return ONE.div(exp(x.neg()).add(ONE)); }

  /// As [ScalarMath#silu].
  public static FloatVector silu(FloatVector x) { return x.div(exp(x.neg()).add(ONE)); }

  /// As [ScalarMath#geluTanh].
  public static FloatVector geluTanh(FloatVector x) { return geluTanh(x, geluTangent(x)); }

  /// As [ScalarMath#geluTangent].
  public static FloatVector geluTangent(FloatVector x) { return tanh(x.mul(x.mul(x).fma(GELU_3, GELU_1))); }

  public static FloatVector geluTanh(FloatVector x, FloatVector t) { return x.mul(HALF).mul(t.add(ONE)); }

  /// As [ScalarMath#geluTanhSlope].
  public static FloatVector geluTanhSlope(FloatVector x, FloatVector t) {
    FloatVector inner = x.mul(HALF).mul(x.mul(x).fma(GELU_9, GELU_1));
    return inner.fma(t.neg().fma(t, ONE), t.add(ONE).mul(HALF));
  }

  /// `2ᵏ` for exponents of normal numbers.
  private static FloatVector power(IntVector k) {
    return k.add(BIAS).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /// `r = v - k ln 2`, where `rounded` holds `k` in its low bits.
  private static FloatVector remainder(FloatVector rounded, FloatVector v) {
    FloatVector n = rounded.sub(ROUNDER);
    return n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, v));
  }

  /// `exp(r) - 1` for `|r| ≤ ln 2 / 2`.
  private static FloatVector expMinusOne(FloatVector r) {
    FloatVector q = E4.fma(r, E3);
    q = q.fma(r, E2);
    q = q.fma(r, E1);
    q = q.fma(r, E0);
    return q.mul(r).fma(r, r);
  }
}
