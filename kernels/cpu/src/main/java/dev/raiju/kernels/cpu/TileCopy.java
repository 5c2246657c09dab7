package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;

/// Copies of rows and columns with any strides, counted in bytes.
final class TileCopy {
  // below this, a loop is faster than a call of the system's copy
  private static final int SHORT = 64;

  private TileCopy() {}

  /// Copies elements of `size` bytes from one place to another.
  static void copy(int size, long from, long fromRow, long fromColumn, long to, long toRow, long toColumn, int rows,
      int columns) {
    if (fromColumn == size && toColumn == size) {
      rows(size, from, fromRow, to, toRow, rows, columns);
    } else if (fromRow == size && toColumn == size) {
      TileTurn.copy(size, from, fromColumn, to, toRow, rows, columns);
    } else {
      for (int r = 0; r < rows; r++) line(size, from + r * fromRow, fromColumn, to + r * toRow, toColumn, columns);
    }
  }

  /// Copies elements that are contiguous along rows to where they are so along columns, line by line of the source: reading
  /// along cache lines matters more than writing along them, since what is written is a small block.
  static void lines(int size, long from, long fromColumn, long to, long toRow, int rows, int columns) {
    for (int c = 0; c < columns; c++) line(size, from + c * fromColumn, size, to + (long) size * c, toRow, rows);
  }

  private static void rows(int size, long from, long fromRow, long to, long toRow, int rows, int columns) {
    long bytes = (long) size * columns;
    for (int r = 0; r < rows; r++) {
      if (bytes < SHORT) line(size, from + r * fromRow, size, to + r * toRow, size, columns);
      else
        Cells.copy(from + r * fromRow, to + r * toRow, bytes);
    }
  }

  private static void line(int size, long from, long fromStep, long to, long toStep, int n) {
    switch (size) {
      case 4 -> ints(from, fromStep, to, toStep, n);
      case 2 -> shorts(from, fromStep, to, toStep, n);
      case 1 -> bytes(from, fromStep, to, toStep, n);
      case 8 -> longs(from, fromStep, to, toStep, n);
      default -> {
        for (int i = 0; i < n; i++) Cells.copy(from + i * fromStep, to + i * toStep, size);
      }
    }
  }

  private static void ints(long from, long fromStep, long to, long toStep, int n) {
    for (int i = 0; i < n; i++) Cells.setInt(to + i * toStep, Cells.getInt(from + i * fromStep));
  }

  private static void shorts(long from, long fromStep, long to, long toStep, int n) {
    for (int i = 0; i < n; i++) Cells.setShort(to + i * toStep, Cells.getShort(from + i * fromStep));
  }

  private static void bytes(long from, long fromStep, long to, long toStep, int n) {
    for (int i = 0; i < n; i++) Cells.setByte(to + i * toStep, Cells.getByte(from + i * fromStep));
  }

  private static void longs(long from, long fromStep, long to, long toStep, int n) {
    for (int i = 0; i < n; i++) Cells.setLong(to + i * toStep, Cells.getLong(from + i * fromStep));
  }
}
