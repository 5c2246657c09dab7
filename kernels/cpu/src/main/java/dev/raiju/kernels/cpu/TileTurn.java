package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.loops.Cells.getLong;
import static dev.raiju.kernels.cpu.loops.Cells.setLong;

/// Transposes tiles of small elements: the source is contiguous along rows, the target along columns. Elements move in whole
/// 64-bit words, squares of 2 or 4 at a time, which takes a half or a quarter of the loads and stores.
final class TileTurn {
  private static final long LOW_HALF = 0x00000000ffffffffL;
  private static final long LOW_QUARTERS = 0x0000ffff0000ffffL;

  private TileTurn() {}

  /// Copies elements of `size` bytes; `fromColumn` and `toRow` are distances in bytes.
  static void copy(int size, long from, long fromColumn, long to, long toRow, int rows, int columns) {
    int side = size == 4 ? 2 : size == 2 ? 4 : 1;
    int wholeRows = rows - rows % side;
    int wholeColumns = side == 1 ? 0 : columns - columns % side;
    for (int c = 0; c < wholeColumns; c += side) {
      if (side == 2) pairs(from + c * fromColumn, fromColumn, to + 4L * c, toRow, wholeRows);
      else
        quarters(from + c * fromColumn, fromColumn, to + 2L * c, toRow, wholeRows);
    }
    TileCopy.lines(size, from + (long) size * wholeRows, fromColumn, to + toRow * wholeRows, toRow, rows - wholeRows,
        wholeColumns);
    TileCopy.lines(size, from + wholeColumns * fromColumn, fromColumn, to + (long) size * wholeColumns, toRow, rows, columns
        - wholeColumns);
  }

  /// Two columns of 4-byte elements.
  private static void pairs(long from, long fromColumn, long to, long toRow, int rows) {
    for (int r = 0; r < rows; r += 2) {
      long a = getLong(from + 4L * r);
      long b = getLong(from + fromColumn + 4L * r);
      setLong(to + r * toRow, a & LOW_HALF | b << 32);
      setLong(to + (r + 1) * toRow, a >>> 32 | b & ~LOW_HALF);
    }
  }

  /// Four columns of 2-byte elements.
  private static void quarters(long from, long fromColumn, long to, long toRow, int rows) {
    for (int r = 0; r < rows; r += 4) {
      long a = getLong(from + 2L * r);
      long b = getLong(from + fromColumn + 2L * r);
      long c = getLong(from + 2 * fromColumn + 2L * r);
      long d = getLong(from + 3 * fromColumn + 2L * r);
      long evenAb = a & LOW_QUARTERS | (b & LOW_QUARTERS) << 16;
      long evenCd = c & LOW_QUARTERS | (d & LOW_QUARTERS) << 16;
      long oddAb = a >>> 16 & LOW_QUARTERS | b & ~LOW_QUARTERS;
      long oddCd = c >>> 16 & LOW_QUARTERS | d & ~LOW_QUARTERS;
      setLong(to + r * toRow, evenAb & LOW_HALF | evenCd << 32);
      setLong(to + (r + 1) * toRow, oddAb & LOW_HALF | oddCd << 32);
      setLong(to + (r + 2) * toRow, evenAb >>> 32 | evenCd & ~LOW_HALF);
      setLong(to + (r + 3) * toRow, oddAb >>> 32 | oddCd & ~LOW_HALF);
    }
  }
}
