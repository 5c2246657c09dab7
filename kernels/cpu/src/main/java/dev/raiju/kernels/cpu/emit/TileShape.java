package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.loops.Cells;
import java.lang.foreign.Arena;

/// How large tiles are, which depends on the registers that there are.
enum TileShape {
  /// 32 registers of 512 bits. 24 accumulators are three times what two units of latency 4 need, and leave eight registers for `b`
  /// and for the elements of `a`.
  AVX512(12, 2, 16),
  /// 16 registers of 256 bits: 12 accumulators, and two each for `b` and `a`.
  AVX2(6, 2, 8);

  // eight lanes on, eight lanes off
  private static final long MASKS = masks();

  private final int rows;
  private final int vectors;
  private final int lanes;

  TileShape(int rows, int vectors, int lanes) {
    this.rows = rows;
    this.vectors = vectors;
    this.lanes = lanes;
  }

  /// The most rows of a tile.
  int rows() { return rows; }

  /// The most vectors of a row.
  int vectors() { return vectors; }

  /// Words of 32 bits in a vector.
  int lanes() { return lanes; }

  /// The most columns of a tile.
  int columns() { return vectors * lanes; }

  int registers() { return this == AVX512 ? 32 : 16; }

  /// How emitted code is told which columns there are, from 1 to `columns()`.
  long told(int columns) {
    return switch (this) {
      // a bit for each
      case AVX512 -> (1L << columns) - 1;
      // where the mask of the last vector lies, if it is not whole
      case AVX2 -> columns % lanes == 0 ? 0 : MASKS + 4L * (lanes - columns % lanes);
    };
  }

  private static long masks() {
    int most = AVX2.lanes;
    long masks = Arena.global().allocate(8L * most, 64).address();
    for (int i = 0; i < 2 * most; i++) Cells.setInt(masks + 4L * i, i < most ? -1 : 0);
    return masks;
  }
}
