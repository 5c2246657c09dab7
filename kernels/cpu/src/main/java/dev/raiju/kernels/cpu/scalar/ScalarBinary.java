package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

import dev.raiju.tensor.op.Expr.BinaryFunction;

/// Functions of two values.
public final class ScalarBinary {
  private ScalarBinary() {}

  public static void apply(BinaryFunction function, long a, long b, long y, int n) {
    switch (function) {
      case ADD -> add(a, b, y, n);
      case SUBTRACT -> subtract(a, b, y, n);
      // of zeros and ones
      case MULTIPLY, AND -> multiply(a, b, y, n);
      case DIVIDE -> divide(a, b, y, n);
      case MIN -> min(a, b, y, n);
      case MAX, OR -> max(a, b, y, n);
      case LESS -> less(a, b, y, n);
      case LESS_EQUAL -> lessEqual(a, b, y, n);
      case EQUAL -> equal(a, b, y, n);
    }
  }

  private static void add(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) + getFloat(b + 4L * i));
  }

  private static void subtract(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) - getFloat(b + 4L * i));
  }

  private static void multiply(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) * getFloat(b + 4L * i));
  }

  private static void divide(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) / getFloat(b + 4L * i));
  }

  private static void min(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.min(getFloat(a + 4L * i), getFloat(b + 4L * i)));
  }

  private static void max(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.max(getFloat(a + 4L * i), getFloat(b + 4L * i)));
  }

  private static void less(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) < getFloat(b + 4L * i) ? 1 : 0);
  }

  private static void lessEqual(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) <= getFloat(b + 4L * i) ? 1 : 0);
  }

  private static void equal(long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(a + 4L * i) == getFloat(b + 4L * i) ? 1 : 0);
  }
}
