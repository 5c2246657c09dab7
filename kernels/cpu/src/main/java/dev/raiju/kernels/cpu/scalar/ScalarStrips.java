package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// What is done to a strip of a product before it leaves the cache, one element at a time.
public final class ScalarStrips {
  /// `sqrt(2 / π)` and the factor of the cube in the tanh form of GELU.
  public static final float GELU_SCALE = 0.7978845608f;
  public static final float GELU_CUBE = 0.044715f;

  private ScalarStrips() {}

  /// `x/2 · (1 + tanh(sqrt(2/π) · (x + 0.044715 x³)))`.
  public static float gelu(float x) {
    float inner = Math.fma(x * x * x, GELU_CUBE, x) * GELU_SCALE;
    return x * 0.5f * (ScalarMath.tanh(inner) + 1f);
  }

  public static void addBias(long bias, long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, getFloat(c + 4L * j) + getFloat(bias + 4L * j));
  }

  public static void gelu(long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, gelu(getFloat(c + 4L * j)));
  }

  public static void gate(long gate, long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, getFloat(c + 4L * j) * gelu(getFloat(gate + 4L * j)));
  }
}
