package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

/// What is done to a strip of a product before it leaves the cache, one element at a time.
public final class ScalarStrips {
  private ScalarStrips() {}

  public static void addBias(long bias, long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, getFloat(c + 4L * j) + getFloat(bias + 4L * j));
  }

  public static void scale(float factor, long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, getFloat(c + 4L * j) * factor);
  }

  public static void gelu(long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, ScalarMath.geluTanh(getFloat(c + 4L * j)));
  }

  public static void gate(long gate, long c, int columns) {
    for (int j = 0; j < columns; j++) setFloat(c + 4L * j, getFloat(c + 4L * j) * ScalarMath.geluTanh(getFloat(gate + 4L * j)));
  }
}
