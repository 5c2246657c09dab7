package dev.raiju.kernels.cpu.scalar;

/// Exponential, logarithm and hyperbolic tangent of single f32 numbers.
///
/// Polynomials of our own, built from multiply-adds and integer operations in a fixed order: the vector form computes the same
/// bits, whatever the width. Largest error over all floats: exp 1.02 ulp, log 0.83 ulp, tanh 2.62 ulp.
public final class ScalarMath {
  /// Adding it leaves a number rounded to a whole one in the low bits.
  public static final float ROUNDER = 0x1.8p23f;
  public static final int ROUNDER_BITS = 0x4b400000;

  public static final float LOG2_E = 0x1.715476p0f;
  public static final float LN2_HIGH = 0x1.62e43p-1f;
  public static final float LN2_LOW = -0x1.05c61p-29f;

  /// Beyond these, exp is infinity or 0.
  public static final float EXP_HIGH = 89f;
  public static final float EXP_LOW = -104f;

  /// `(exp(r) - 1 - r) / r²` for `|r| ≤ ln 2 / 2`, lowest power first.
  public static final float E0 = 0x1.fffffcp-2f;
  public static final float E1 = 0x1.555492p-3f;
  public static final float E2 = 0x1.5558f2p-5f;
  public static final float E3 = 0x1.1239e2p-7f;
  public static final float E4 = 0x1.6a2434p-10f;

  /// `sqrt(1/2)`: fractions are taken from here to `sqrt(2)`, around 1.
  public static final int ROOT_HALF_BITS = 0x3f3504f3;
  /// Brings subnormal numbers up into the normal ones.
  public static final float LIFT = 0x1p23f;

  /// `(log(1 + f) - f + f²/2) / f³` for `1 + f` from `sqrt(1/2)` to `sqrt(2)`.
  public static final float L0 = 0.3333331260f;
  public static final float L1 = -0.2500000960f;
  public static final float L2 = 0.2000211866f;
  public static final float L3 = -0.1666799585f;
  public static final float L4 = 0.1421955235f;
  public static final float L5 = -0.1240558893f;
  public static final float L6 = 0.1188816232f;
  public static final float L7 = -0.1167565177f;
  public static final float L8 = 0.0674664033f;

  /// Well beyond 9.02, from where on tanh is 1 in f32.
  public static final float TANH_HIGH = 10f;

  /// `√(2/π)` and its product with 0.044715.
  public static final float GELU_1 = 0.7978845608f;
  public static final float GELU_3 = 0.0356774081f;
  public static final float GELU_9 = 3 * GELU_3;

  private ScalarMath() {}

  /// `eˣ`: `2ᵏ · exp(r)` with `x = k ln 2 + r`. The power of two is applied in two factors, so that subnormal results are rounded
  /// once and overflow gives infinity.
  public static float exp(float x) {
    float v = x > EXP_HIGH ? EXP_HIGH : x;
    v = v < EXP_LOW ? EXP_LOW : v;
    float rounded = Math.fma(v, LOG2_E, ROUNDER);
    int k = Float.floatToRawIntBits(rounded) - ROUNDER_BITS;
    float y = expMinusOne(remainder(rounded, v)) + 1f;
    int half = k >> 1;
    return y * power(half) * power(k - half);
  }

  /// The natural logarithm: `e ln 2 + log(m)` with `x = 2ᵉ m`. Of 0 it is -∞, of a negative number NaN.
  public static float log(float x) {
    boolean subnormal = x < Float.MIN_NORMAL;
    int bits = Float.floatToRawIntBits(subnormal ? x * LIFT : x);
    int e = (bits - ROOT_HALF_BITS) >> 23;
    float f = Float.intBitsToFloat(bits - (e << 23)) - 1f;
    float n = subnormal ? e - 23f : e;
    float p = Math.fma(L8, f, L7);
    p = Math.fma(p, f, L6);
    p = Math.fma(p, f, L5);
    p = Math.fma(p, f, L4);
    p = Math.fma(p, f, L3);
    p = Math.fma(p, f, L2);
    p = Math.fma(p, f, L1);
    p = Math.fma(p, f, L0);
    float z = f * f;
    float y = Math.fma(n, LN2_LOW, p * f * z);
    y = Math.fma(z, -0.5f, y) + f;
    y = Math.fma(n, LN2_HIGH, y);
    float limit = x < 0 ? Float.NaN : x == 0 ? Float.NEGATIVE_INFINITY : x;
    return x > 0 && x < Float.POSITIVE_INFINITY ? y : limit;
  }

  /// The hyperbolic tangent: `t / (t + 2)` with `t = exp(2|x|) - 1`, which keeps its precision near 0.
  public static float tanh(float x) {
    float a = Math.abs(x);
    a = a > TANH_HIGH ? TANH_HIGH : a;
    float v = a + a;
    float rounded = Math.fma(v, LOG2_E, ROUNDER);
    float power = power(Float.floatToRawIntBits(rounded) - ROUNDER_BITS);
    float t = Math.fma(power, expMinusOne(remainder(rounded, v)), power - 1f);
    float y = t / (t + 2f);
    return Float.intBitsToFloat(Float.floatToRawIntBits(y) | Float.floatToRawIntBits(x) & 0x80000000);
  }

  /// `1 / (1 + exp(-x))`.
  public static float sigmoid(float x) { return 1f / (exp(-x) + 1f); }

  /// `x / (1 + exp(-x))`.
  public static float silu(float x) { return x / (exp(-x) + 1f); }

  /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
  public static float geluTanh(float x) { return geluTanh(x, geluTangent(x)); }

  /// The tangent in [#geluTanh].
  public static float geluTangent(float x) { return tanh(x * Math.fma(x * x, GELU_3, GELU_1)); }

  // a product and not half + half · tanh, which has no -0
  public static float geluTanh(float x, float t) { return x * 0.5f * (t + 1f); }

  /// The derivative of [#geluTanh]: with `u` what the tangent is of, `(1 + tanh u) / 2 + x/2 · (1 - tanh² u) · u'`.
  ///
  /// @param t [#geluTangent]
  public static float geluTanhSlope(float x, float t) {
    float inner = x * 0.5f * Math.fma(x * x, GELU_9, GELU_1);
    return Math.fma(inner, Math.fma(-t, t, 1f), (t + 1f) * 0.5f);
  }

  /// `2ᵏ` for exponents of normal numbers.
  private static float power(int k) { return Float.intBitsToFloat((k + 127) << 23); }

  /// `r = v - k ln 2`, where `rounded` holds `k` in its low bits.
  private static float remainder(float rounded, float v) {
    float n = rounded - ROUNDER;
    return Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, v));
  }

  /// `exp(r) - 1` for `|r| ≤ ln 2 / 2`.
  private static float expMinusOne(float r) {
    float q = Math.fma(E4, r, E3);
    q = Math.fma(q, r, E2);
    q = Math.fma(q, r, E1);
    q = Math.fma(q, r, E0);
    return Math.fma(q * r, r, r);
  }
}
