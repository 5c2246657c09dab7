package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.scalar.ScalarMath.*;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The functions of [dev.raiju.kernels.cpu.scalar.ScalarMath] on whole vectors of any width, step by step the same, so that the
/// bits are the same.
public final class VectorMath {
  private VectorMath() {}

  public static FloatVector exp(FloatVector x) {
    FloatVector v = x.blend(EXP_HIGH, x.compare(VectorOperators.GT, EXP_HIGH));
    v = v.blend(EXP_LOW, v.compare(VectorOperators.LT, EXP_LOW));
    FloatVector t = fma(v, LOG2_E, ROUNDER);
    IntVector k = t.reinterpretAsInts().sub(ROUNDER_BITS);
    FloatVector r = remainder(t, v);
    FloatVector y = expMinusOne(r).add(1f);
    IntVector half = k.lanewise(VectorOperators.ASHR, 1);
    return y.mul(power(half)).mul(power(k.sub(half)));
  }

  public static FloatVector log(FloatVector x) {
    VectorMask<Float> subnormal = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    IntVector bits = x.blend(x.mul(LIFT), subnormal).reinterpretAsInts();
    IntVector e = bits.sub(ROOT_HALF_BITS).lanewise(VectorOperators.ASHR, 23);
    FloatVector f = bits.sub(e.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1f);
    FloatVector whole = (FloatVector) e.convert(VectorOperators.I2F, 0);
    FloatVector n = whole.blend(whole.sub(23f), subnormal);
    FloatVector p = fma(f.broadcast(L8), f, L7);
    p = fma(p, f, L6);
    p = fma(p, f, L5);
    p = fma(p, f, L4);
    p = fma(p, f, L3);
    p = fma(p, f, L2);
    p = fma(p, f, L1);
    p = fma(p, f, L0);
    FloatVector z = f.mul(f);
    FloatVector y = n.lanewise(VectorOperators.FMA, f.broadcast(LN2_LOW), p.mul(f).mul(z));
    y = z.lanewise(VectorOperators.FMA, f.broadcast(-0.5f), y).add(f);
    y = n.lanewise(VectorOperators.FMA, f.broadcast(LN2_HIGH), y);
    return limits(x, y);
  }

  /// The logarithms `y` of `x`, put right where `x` is not a positive number.
  private static FloatVector limits(FloatVector x, FloatVector y) {
    FloatVector limit = x.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
    limit = limit.blend(Float.NaN, x.compare(VectorOperators.LT, 0f));
    VectorMask<Float> ordinary = x.compare(VectorOperators.GT, 0f).and(x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY));
    return limit.blend(y, ordinary);
  }

  public static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    a = a.blend(TANH_HIGH, a.compare(VectorOperators.GT, TANH_HIGH));
    FloatVector v = a.add(a);
    FloatVector rounded = fma(v, LOG2_E, ROUNDER);
    FloatVector power = power(rounded.reinterpretAsInts().sub(ROUNDER_BITS));
    FloatVector t = power.lanewise(VectorOperators.FMA, expMinusOne(remainder(rounded, v)), power.sub(1f));
    FloatVector y = t.div(t.add(2f));
    IntVector sign = x.reinterpretAsInts().and(0x80000000);
    return y.reinterpretAsInts().or(sign).reinterpretAsFloats();
  }

  /// `2ᵏ` for exponents of normal numbers.
  private static FloatVector power(IntVector k) {
    return k.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /// `r = v - k ln 2`, where `rounded` holds `k` in its low bits.
  private static FloatVector remainder(FloatVector rounded, FloatVector v) {
    FloatVector n = rounded.sub(ROUNDER);
    FloatVector r = n.lanewise(VectorOperators.FMA, v.broadcast(-LN2_HIGH), v);
    return n.lanewise(VectorOperators.FMA, v.broadcast(-LN2_LOW), r);
  }

  private static FloatVector expMinusOne(FloatVector r) {
    FloatVector q = fma(r.broadcast(E4), r, E3);
    q = fma(q, r, E2);
    q = fma(q, r, E1);
    q = fma(q, r, E0);
    return q.mul(r).lanewise(VectorOperators.FMA, r, r);
  }

  private static FloatVector fma(FloatVector a, FloatVector b, float c) {
    return a.lanewise(VectorOperators.FMA, b, a.broadcast(c));
  }

  private static FloatVector fma(FloatVector a, float b, float c) {
    return a.lanewise(VectorOperators.FMA, a.broadcast(b), a.broadcast(c));
  }
}
