package dev.raiju.kernels.cpu.products;

/// Products of one panel whose result may lie in memory that is not ours: whole tiles of whole panels are written there at once,
/// the others by way of `spill`, which holds a strip of the most rows that come.
record Strip(MicroKernels micro, TileProduct tiles, long spill) {
  Strip(MicroKernels micro, long spill) { this(micro, micro, spill); }

  /// A packed left factor times a packed panel.
  void multiply(Packer.Left a, long b, long c, long cBytes, int rows, int columns, int depth, boolean add) {
    multiply(a.address(), a.rowBytes(), a.tileBytes(), a.offsets(), b, 4L * micro.width(columns), c, cBytes, rows, columns, depth,
        add);
  }

  /// A packed left factor times a packed panel, into `spill`.
  void multiplyOwn(Packer.Left a, long b, long cBytes, int rows, int columns, int depth, boolean add) {
    tiles.multiply(a.address(), a.rowBytes(), a.tileBytes(), a.offsets(), b, 4L * micro.width(columns), spill, cBytes, rows,
        columns,
        depth, add);
  }

  /// As [TileProduct#multiply], but only what is named of `c` is read and written.
  void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    int width = micro.width(columns);
    int whole = micro.exact() ? rows : columns == width ? rows / micro.tileRows() * micro.tileRows() : 0;
    if (whole > 0) tiles.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, whole, columns, depth, add);
    if (whole == rows) return;
    long rest = c + whole * cBytes;
    long spillBytes = 4L * width;
    if (add) micro.copy(rest, cBytes, spill, spillBytes, rows - whole, columns);
    tiles.multiply(a + whole / micro.tileRows() * tileBytes, rowBytes, tileBytes, offsets, b, bBytes, spill, spillBytes, rows
        - whole, columns, depth, add);
    micro.copy(spill, spillBytes, rest, cBytes, rows - whole, columns);
  }
}
