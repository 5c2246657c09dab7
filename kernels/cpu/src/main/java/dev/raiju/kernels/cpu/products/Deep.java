package dev.raiju.kernels.cpu.products;

/// Products whose left factor are whole lines in scratch memory, of any length.
final class Deep {
  private static final int DEPTH = 1024;
  private static final long ALONG = Offsets.evenly(DEPTH, 4);

  private Deep() {}

  /// `c = a · b`, a line of `a` every `rowBytes`.
  ///
  /// @param tileRows of `tiles`
  static void multiply(TileProduct tiles, int tileRows, long a, long rowBytes, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth) {
    for (int k = 0; k == 0 || k < depth; k += DEPTH) {
      int part = Math.min(DEPTH, depth - k);
      tiles.multiply(a + 4L * k, rowBytes, rowBytes * tileRows, ALONG, b + k * bBytes, bBytes, c, cBytes, rows, columns, part,
          k > 0);
    }
  }
}
