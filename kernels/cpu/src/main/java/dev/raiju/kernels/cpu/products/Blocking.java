package dev.raiju.kernels.cpu.products;

/// How a product is cut into chunks, and chunks into blocks for the caches. No cut goes through a chain of sums, so none shows in
/// the bits.
///
/// A panel of one depth block stays in the first-level cache, the rows of a span of depths in the second. Between two spans the
/// results wait in memory.
///
/// @param rowBlock rows that are packed together
/// @param rowBlocks how many of them there are
/// @param columnBlock panels of one chunk of work
/// @param columnBlocks how many of them there are
/// @param depthBlock elements of a chain that are computed at once
/// @param depthBlocks how many of them there are; 1 for a product of depth 0
/// @param span depth blocks that are packed together
record Blocking(int rowBlock, int rowBlocks, int columnBlock, int columnBlocks, int depthBlock, int depthBlocks, int span) {
  private static final int SPAN_FLOATS = 180 << 10;
  private static final int MOST_ROWS = 240;
  private static final int LEAST_ROWS = 64;
  private static final int LEAST_PANELS = 4;
  // a right factor of this size stays in the second-level cache, however few rows it is read for
  private static final long SMALL_FLOATS = 128 << 10;
  // enough that a thread that comes late or is taken away costs little
  private static final int CHUNKS_PER_THREAD = 8;
  // a chunk below this many multiply-adds costs more to hand over than it saves
  private static final double LEAST_WORK = 100_000;

  static Blocking of(MicroKernels micro, int threads, Product product) {
    return of(micro, threads, product.rows(), product.columns(), product.words(micro), product.unit());
  }

  /// @param unit what depth blocks are multiples of
  private static Blocking of(MicroKernels micro, int threads, int rows, int columns, int depth, int unit) {
    int panels = Math.max(1, ceil(columns, micro.panelColumns()));
    double work = (double) rows * columns * Math.max(1, depth);
    int wanted = threads == 1 ? 1 : (int) Math.clamp(work / LEAST_WORK, 1, CHUNKS_PER_THREAD * threads);
    boolean small = (long) columns * depth <= SMALL_FLOATS;
    int rowBlock = block(rows, small ? Math.clamp(ceil(rows, wanted), LEAST_ROWS, MOST_ROWS) : MOST_ROWS, micro.tileRows());
    int rowBlocks = Math.max(1, ceil(rows, rowBlock));
    int columnBlock = ceil(panels, Math.clamp(ceil(wanted, rowBlocks), 1, Math.max(1, panels / LEAST_PANELS)));
    int depthBlock = block(depth, Packing.DEPTH - unit + 1, unit);
    int depthBlocks = Math.max(1, ceil(depth, depthBlock));
    int span = block(depthBlocks, Math.max(1, SPAN_FLOATS / (rowBlock * depthBlock)), 1);
    return new Blocking(rowBlock, rowBlocks, columnBlock, ceil(panels, columnBlock), depthBlock, depthBlocks, span);
  }

  /// `size` cut evenly into blocks of at most `most`, each a multiple of `unit`.
  private static int block(int size, int most, int unit) {
    int blocks = Math.max(1, ceil(size, most));
    return Math.max(1, ceil(ceil(size, blocks), unit)) * unit;
  }

  private static int ceil(int a, int b) { return (int) (((long) a + b - 1) / b); }
}
