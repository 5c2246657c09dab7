package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.load;
import static dev.raiju.kernels.cpu.vector.Lanes.store;

import dev.raiju.kernels.cpu.scalar.ScalarPacking;

/// Copying matrices of f32, a vector at a time.
final class VectorPacking {
  private VectorPacking() {}

  static void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    int whole = Lanes.F32.loopBound(columns);
    // few columns: down each of them, since a loop along a row would end as it begins
    if (whole <= 2 * Lanes.COUNT) {
      for (int j = 0; j < whole; j += Lanes.COUNT) copyColumn(x + 4L * j, xBytes, y + 4L * j, yBytes, rows);
    } else {
      for (int i = 0; i < rows; i++) copyRow(x + i * xBytes, y + i * yBytes, whole);
    }
    if (whole < columns) ScalarPacking.copy(x + 4L * whole, xBytes, y + 4L * whole, yBytes, rows, columns - whole);
  }

  /// One vector of every row.
  private static void copyColumn(long x, long xBytes, long y, long yBytes, int rows) {
    for (int i = 0; i < rows; i++) store(load(x + i * xBytes), y + i * yBytes);
  }

  private static void copyRow(long x, long y, int columns) {
    for (int j = 0; j < columns; j += Lanes.COUNT) store(load(x + 4L * j), y + 4L * j);
  }
}
