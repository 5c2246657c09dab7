package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.getLong;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setLong;

import dev.raiju.kernels.cpu.loops.Cells;

/// Moving and scaling matrices of f32, one or two elements at a time.
public final class ScalarPacking {
  private static final long LOW = 0xffffffffL;
  // from this many columns on, the call of a bulk copy is worth it
  private static final int BULK = 24;

  private ScalarPacking() {}

  /// `y[j, i] = x[i, j]`, two by two: a pair of neighbours is one load and one store.
  public static void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    int i = 0;
    for (; i + 1 < rows; i += 2) transposePair(x + i * xBytes, xBytes, y + 4L * i, yBytes, columns);
    if (i < rows) {
      for (int j = 0; j < columns; j++) setFloat(y + j * yBytes + 4L * i, getFloat(x + i * xBytes + 4L * j));
    }
  }

  private static void transposePair(long x, long xBytes, long y, long yBytes, int columns) {
    int j = 0;
    for (; j + 1 < columns; j += 2) {
      long upper = getLong(x + 4L * j);
      long lower = getLong(x + xBytes + 4L * j);
      setLong(y + j * yBytes, upper & LOW | lower << 32);
      setLong(y + (j + 1) * yBytes, upper >>> 32 | lower & ~LOW);
    }
    if (j < columns) {
      setFloat(y + j * yBytes, getFloat(x + 4L * j));
      setFloat(y + j * yBytes + 4, getFloat(x + xBytes + 4L * j));
    }
  }

  public static void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      if (columns >= BULK) Cells.copy(x + i * xBytes, y + i * yBytes, 4L * columns);
      else
        copyFew(x + i * xBytes, y + i * yBytes, columns);
    }
  }

  private static void copyFew(long x, long y, int columns) {
    for (int j = 0; j < columns; j++) setFloat(y + 4L * j, getFloat(x + 4L * j));
  }

  public static void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    for (int i = 0; i < rows; i++) {
      for (long j = 0; j < 4L * columns; j += 4) setFloat(y + i * yBytes + j, getFloat(x + i * xBytes + j) * factor);
    }
  }
}
