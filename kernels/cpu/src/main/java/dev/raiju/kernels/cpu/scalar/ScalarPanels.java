package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.getInt;

import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Products in plain Java: the panel is copied to the heap, where the compiler turns a loop over separate arrays into vectors.
final class ScalarPanels {
  static final int COLUMNS = 128;
  private static final int DEPTH = 8;

  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ThreadLocal<float[][]> PANEL = ThreadLocal.withInitial(() -> new float[DEPTH + 1][COLUMNS]);

  private ScalarPanels() {}

  /// A strip of `rows` rows, `DEPTH` steps of every chain at a time; a row of `c` holds the chains between.
  static void multiply(long a, long rowBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows, int columns,
      int depth) {
    float[][] panel = PANEL.get();
    float[] sums = panel[DEPTH];
    for (int k = 0; k < depth; k += DEPTH) {
      int steps = Math.min(DEPTH, depth - k);
      for (int i = 0; i < steps; i++) load(b + (k + i) * bBytes, panel[i], columns);
      for (int r = 0; r < rows; r++) {
        load(c + r * cBytes, sums, columns);
        long row = a + r * rowBytes;
        int i = 0;
        for (; i + 3 < steps; i += 4) four(row, offsets + 4L * (k + i), panel, i, sums, columns);
        for (; i < steps; i++) one(getFloat(row + getInt(offsets + 4L * (k + i))), panel[i], sums, columns);
        MemorySegment.copy(sums, 0, ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, c + r * cBytes, columns);
      }
    }
  }

  private static void load(long address, float[] to, int columns) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, address, to, 0, columns);
  }

  private static void four(long row, long offsets, float[][] panel, int i, float[] sums, int columns) {
    float a0 = getFloat(row + getInt(offsets));
    float a1 = getFloat(row + getInt(offsets + 4));
    float a2 = getFloat(row + getInt(offsets + 8));
    float a3 = getFloat(row + getInt(offsets + 12));
    four(a0, a1, a2, a3, panel[i], panel[i + 1], panel[i + 2], panel[i + 3], sums, columns);
  }

  private static void four(float a0, float a1, float a2, float a3, float[] b0, float[] b1, float[] b2, float[] b3, float[] c,
      int columns) {
    for (int j = 0; j < columns; j++) {
      c[j] = Math.fma(a3, b3[j], Math.fma(a2, b2[j], Math.fma(a1, b1[j], Math.fma(a0, b0[j], c[j]))));
    }
  }

  private static void one(float a, float[] b, float[] c, int columns) {
    for (int j = 0; j < columns; j++) c[j] = Math.fma(a, b[j], c[j]);
  }
}
