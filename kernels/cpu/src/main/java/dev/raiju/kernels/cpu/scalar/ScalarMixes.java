package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// Functions of three values, and of values and numbers.
public final class ScalarMixes {
  private ScalarMixes() {}

  public static void geluGradient(long x, long g, long y, int n) {
    for (int i = 0; i < n; i++) {
      float v = getFloat(x + 4L * i);
      setFloat(y + 4L * i, ScalarMath.geluTanhSlope(v, ScalarMath.geluTangent(v)) * getFloat(g + 4L * i));
    }
  }

  public static void geluAndGradient(long x, long g, long a, long y, int n) {
    for (int i = 0; i < n; i++) {
      float v = getFloat(x + 4L * i);
      float t = ScalarMath.geluTangent(v);
      setFloat(a + 4L * i, ScalarMath.geluTanh(v, t));
      setFloat(y + 4L * i, ScalarMath.geluTanhSlope(v, t) * getFloat(g + 4L * i));
    }
  }

  public static void multiplyAdd(long a, long b, long c, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.fma(getFloat(a + 4L * i), getFloat(b + 4L * i), getFloat(c + 4L * i)));
  }

  public static void subtractProduct(long a, long b, long c, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.fma(-getFloat(a + 4L * i), getFloat(b + 4L * i), getFloat(c + 4L * i)));
  }

  public static void select(long condition, long yes, long no, long y, int n) {
    for (int i = 0; i < n; i++) {
      float v = getFloat(yes + 4L * i);
      float w = getFloat(no + 4L * i);
      setFloat(y + 4L * i, getFloat(condition + 4L * i) != 0 ? v : w);
    }
  }

  public static void fill(float value, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, value);
  }

  public static void affine(long x, float centre, float a, float b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.fma(getFloat(x + 4L * i) - centre, a, b));
  }

  public static void mix(float a, long x, float b, long z, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.fma(a, getFloat(x + 4L * i), b * getFloat(z + 4L * i)));
  }
}
