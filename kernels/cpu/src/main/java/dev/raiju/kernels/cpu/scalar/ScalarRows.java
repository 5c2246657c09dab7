package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// The rows of norms, softmax and rotary embedding, one element at a time.
public final class ScalarRows {
  private ScalarRows() {}

  public static void normalize(long x, float mean, float inverse, long w, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (getFloat(x + 4L * i) - mean) * inverse * getFloat(w + 4L * i));
  }

  public static void normalize(long x, float mean, float inverse, long w, long b, long y, int n) {
    for (int i = 0; i < n; i++) {
      float m = (getFloat(x + 4L * i) - mean) * inverse;
      setFloat(y + 4L * i, Math.fma(m, getFloat(w + 4L * i), getFloat(b + 4L * i)));
    }
  }

  public static void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n) {
    for (int i = 0; i < n; i++) {
      float m = (getFloat(x + 4L * i) - mean) * inverse;
      setFloat(y + 4L * i, Math.fma(-m, meanGm, getFloat(g + 4L * i) - meanG) * inverse);
    }
  }

  public static void exp(long x, float shift, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.exp(getFloat(x + 4L * i) - shift));
  }

  public static void rotate(long x, long cos, long sin, long y, int n) {
    for (int i = 0; i < n; i += 2) {
      long at = 4L * i;
      float a = getFloat(x + at);
      float b = getFloat(x + at + 4);
      setFloat(y + at, Math.fma(a, getFloat(cos + at), b * getFloat(sin + at)));
      setFloat(y + at + 4, Math.fma(b, getFloat(cos + at + 4), a * getFloat(sin + at + 4)));
    }
  }
}
