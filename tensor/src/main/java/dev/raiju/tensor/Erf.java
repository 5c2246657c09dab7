package dev.raiju.tensor;

/// The error function `2/√π · ∫₀ˣ exp(-t²) dt` in f64.
public final class Erf {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  private Erf() {}

  /// To about 1e-15: a power series near 0, a continued fraction for the rest of the tail.
  public static double erf(double x) {
    double a = Math.abs(x);
    if (Double.isNaN(x)) return x;
    double value = a < 2.5 ? series(a) : a > 6 ? 1 : 1 - complement(a);
    return Math.copySign(value, x);
  }

  /// `2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!`, all terms positive.
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * StrictMath.exp(-x * x) * sum;
  }

  /// `exp(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …))))`, evaluated from the far end.
  private static double complement(double x) {
    double fraction = x;
    for (int n = 60; n > 0; n--) fraction = x + n / 2.0 / fraction;
    return StrictMath.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  }
}
