package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.raiju.kernels.cpu.scalar.ScalarPacking;
import jdk.incubator.vector.FloatVector;

/// Copying and scaling matrices of f32, a vector at a time.
final class VectorPacking {
  private VectorPacking() {}

  static void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    int whole = Lanes.whole(columns);
    // few columns: down each of them, since a loop along a row would end as it begins
    if (whole <= 2 * COUNT) {
      for (int j = 0; j < whole; j += COUNT) copyColumn(x + 4L * j, xBytes, y + 4L * j, yBytes, rows);
    } else {
      for (int i = 0; i < rows; i++) copyRow(x + i * xBytes, y + i * yBytes, whole);
    }
    if (whole < columns) ScalarPacking.copy(x + 4L * whole, xBytes, y + 4L * whole, yBytes, rows, columns - whole);
  }

  /// One vector of every row.
  private static void copyColumn(long x, long xBytes, long y, long yBytes, int rows) {
    for (int i = 0; i < rows; i++)
      fromMemorySegment(F32, ALL, x + i * xBytes, ORDER).intoMemorySegment(ALL, y + i * yBytes, ORDER);
  }

  private static void copyRow(long x, long y, int columns) {
    for (long j = 0; j < 4L * columns; j += BYTES) {
      fromMemorySegment(F32, ALL, x + j, ORDER).intoMemorySegment(ALL, y + j, ORDER);
    }
  }

  static void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    int whole = Lanes.whole(columns);
    for (int i = 0; i < rows; i++) scaledRow(x + i * xBytes, y + i * yBytes, whole, factor);
    if (whole < columns) ScalarPacking.scaled(x + 4L * whole, xBytes, y + 4L * whole, yBytes, rows, columns - whole, factor);
  }

  private static void scaledRow(long x, long y, int columns, float factor) {
    FloatVector f = Lanes.of(factor);
    for (long j = 0; j < 4L * columns; j += BYTES) {
      fromMemorySegment(F32, ALL, x + j, ORDER).mul(f).intoMemorySegment(ALL, y + j, ORDER);
    }
  }
}
