package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.tensor.Erf;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Functions of one value. Sine, cosine and error function are computed in f64 and rounded once.
public final class ScalarUnary {
  private ScalarUnary() {}

  public static void apply(UnaryFunction function, long x, long y, int n) {
    switch (function) {
      case NEGATE -> negate(x, y, n);
      case ABS -> abs(x, y, n);
      case SIGN -> sign(x, y, n);
      case FLOOR -> floor(x, y, n);
      case ROUND -> round(x, y, n);
      case SQRT -> sqrt(x, y, n);
      case EXP -> exp(x, y, n);
      case LOG -> log(x, y, n);
      case SIN -> sin(x, y, n);
      case COS -> cos(x, y, n);
      case TANH -> tanh(x, y, n);
      case ERF -> erf(x, y, n);
      case NOT -> not(x, y, n);
    }
  }

  public static void apply(Activation function, long x, long y, int n) {
    switch (function) {
      case SIGMOID -> sigmoid(x, y, n);
      case SILU -> silu(x, y, n);
      case GELU_TANH -> geluTanh(x, y, n);
    }
  }

  private static void negate(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, -getFloat(x + 4L * i));
  }

  private static void abs(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.abs(getFloat(x + 4L * i)));
  }

  private static void sign(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, Math.signum(getFloat(x + 4L * i)));
  }

  private static void floor(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) Math.floor(getFloat(x + 4L * i)));
  }

  private static void round(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) Math.rint(getFloat(x + 4L * i)));
  }

  private static void sqrt(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) Math.sqrt(getFloat(x + 4L * i)));
  }

  private static void exp(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.exp(getFloat(x + 4L * i)));
  }

  private static void log(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.log(getFloat(x + 4L * i)));
  }

  private static void sin(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) StrictMath.sin(getFloat(x + 4L * i)));
  }

  private static void cos(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) StrictMath.cos(getFloat(x + 4L * i)));
  }

  private static void tanh(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.tanh(getFloat(x + 4L * i)));
  }

  private static void erf(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, (float) Erf.erf(getFloat(x + 4L * i)));
  }

  private static void not(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, getFloat(x + 4L * i) != 0 ? 0 : 1);
  }

  private static void sigmoid(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.sigmoid(getFloat(x + 4L * i)));
  }

  private static void silu(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.silu(getFloat(x + 4L * i)));
  }

  private static void geluTanh(long x, long y, int n) {
    for (int i = 0; i < n; i++) setFloat(y + 4L * i, ScalarMath.geluTanh(getFloat(x + 4L * i)));
  }
}
