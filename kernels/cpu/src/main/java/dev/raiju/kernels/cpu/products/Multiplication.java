package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import java.util.Optional;

/// Computes a [Product], or a chunk of one, on one thread.
///
/// Both factors are packed, as f32 or, where both are of bf16 and the processor multiplies such, as pairs of it, or as codes of 8
/// bits: the left one by row block and depth block, the right one by panel, either beforehand for all row blocks or as it is
/// needed. A chunk computes all of the depth of its part of the result, so the bits do not depend on the cut.
final class Multiplication {
  /// Lines of memory this far apart share a set of the first-level cache.
  private static final int PAGE = 4096;

  /// Words of depth that several panels are packed of at once.
  private static final int STRETCH = 8;

  private final MicroKernels micro;
  private final Product product;
  private final Blocking blocking;
  private final Optional<PairKernels> pairs;
  private final Optional<ByteLines> bytes;
  private final int depth;

  Multiplication(MicroKernels micro, Product product, Blocking blocking) {
    this.micro = micro;
    this.pairs = product.inPairs(micro) ? micro.pairs() : Optional.empty();
    this.bytes = product.bytes();
    this.depth = product.words(micro);
    this.product = product;
    this.blocking = blocking;
  }

  private int panels() { return (product.columns() + micro.panelColumns() - 1) / micro.panelColumns(); }

  private int depthOf(int depthIndex) { return Math.min(blocking.depthBlock(), depth - depthIndex * blocking.depthBlock()); }

  private int columnsOf(int panel) { return Math.min(micro.panelColumns(), product.columns() - panel * micro.panelColumns()); }

  /// What packs both factors.
  Packer packer(Pieces pieces) {
    if (bytes.isPresent()) return new BytePacking(micro, bytes.get(), pieces);
    return pairs.isPresent() ? new PairPacking(micro, pairs.get(), product.depth(), pieces) : new Packing(micro, pieces);
  }

  // ---- the right factor

  /// The floats that `panels` panels of all depths take.
  long packedFloats(int panels) { return (long) panels * micro.panelColumns() * depth; }

  /// Packs panels `first` to `end` for all depths to where they belong in `packed`, which begins with panel `base`.
  void packRight(int first, int end, int base, long packed) {
    try (Scratch scratch = new Scratch()) {
      Packer packing = packer(scratch);
      for (int d = 0; d < blocking.depthBlocks(); d++) {
        int step = isReadAcross() ? STRETCH : depthOf(d);
        for (int from = 0; from < depthOf(d); from += step) {
          int words = Math.min(step, depthOf(d) - from);
          for (int panel = first; panel < end; panel++) packPart(packing, panel, d, from, words, place(packed, panel - base, d));
        }
      }
    }
  }

  /// Whether panels are packed together, a stretch of depths at a time: where lines lie side by side and every step of depth is a
  /// page of its own, those of the next panel are what the memory has ready when those of one were read.
  boolean isReadAcross() {
    Factor right = product.right();
    return right.isSideBySide() && right.depthStride() * right.type().unitBytes() >= PAGE;
  }

  /// Where a panel's block of depths lies: panel by panel, each with all its depths.
  private long place(long packed, int panel, int depthIndex) {
    return packed + 4L * micro.panelColumns() * ((long) panel * depth + (long) depthIndex * blocking.depthBlock());
  }

  private void packPanel(Packer packing, int panel, int depthIndex, long to) {
    packPart(packing, panel, depthIndex, 0, depthOf(depthIndex), to);
  }

  /// Packs `words` depths from `from` on of a panel's block of depths, which begins at `to`.
  private void packPart(Packer packing, int panel, int depthIndex, int from, int words, long to) {
    int columns = columnsOf(panel);
    int width = micro.width(columns);
    packing.packRight(product.right(), (long) panel * micro.panelColumns(), columns, (long) depthIndex * blocking.depthBlock()
        + from, words, to + 4L * width * from, width);
  }

  // ---- a chunk

  /// What a chunk works in.
  ///
  /// @param panel for one panel of the right factor, if the chunk packs it itself
  /// @param result for results that wait for another span and are narrowed at the end
  /// @param places for the left factor, one for each depth block of a span
  private record Room(Packer packing, long panel, long result, Strip strip, long[] places) {}

  private TileProduct tiles() {
    if (bytes.isPresent()) return micro.bytes(bytes.get());
    return pairs.<TileProduct>map(p -> p).orElse(micro);
  }

  private Room room(Pieces pieces, int rows, int panels, boolean packs) {
    Packer packing = packer(pieces);
    long panel = packs ? pieces.take((long) micro.panelColumns() * blocking.depthBlock()) : 0;
    long stripFloats = (long) micro.wholeTiles(rows) * micro.panelColumns();
    long result = product.cType() == DType.F32 || hasOwnStrip() ? 0 : pieces.take(stripFloats * panels);
    Strip strip = new Strip(micro, tiles(), pieces.take(stripFloats));
    long[] places = new long[blocking.span()];
    for (int i = 0; i < places.length; i++) places[i] = pieces.take(Packing.leftFloats(micro, rows));
    return new Room(packing, panel, result, strip, places);
  }

  /// What a chunk of `panels` panels takes at most.
  ///
  /// @param packs whether the right factor is packed here
  Needs needs(int panels, boolean packs) {
    return Needs.of(pieces -> room(pieces, Math.min(blocking.rowBlock(), product.rows()), panels, packs));
  }

  /// Whether strips are computed in memory of our own and stored once they are finished: where they are narrowed anyhow, and where
  /// rows of the result are whole pages apart, so that the rows of a strip would push each other out of the first-level cache.
  private boolean hasOwnStrip() {
    boolean isFinishedAtOnce = blocking.depthBlocks() <= blocking.span();
    return isFinishedAtOnce && (product.cType() != DType.F32 || product.cBytes() % PAGE == 0);
  }

  /// Computes row block `rowIndex` of panels `first` to `end`. `packed` begins with panel `base`; if 0, panels are packed here.
  void compute(int rowIndex, int first, int end, int base, long packed) {
    int row = rowIndex * blocking.rowBlock();
    int rows = Math.min(blocking.rowBlock(), product.rows() - row);
    if (rows <= 0 || end <= first) return;
    boolean own = hasOwnStrip();
    boolean direct = product.cType() == DType.F32;
    int panelColumns = micro.panelColumns();
    try (Scratch scratch = new Scratch()) {
      Room room = room(scratch, rows, end - first, packed == 0);
      long result = direct ? product.cAt(row, (long) first * panelColumns) : room.result();
      long resultBytes = own ? 4L * panelColumns : direct ? product.cBytes() : 4L * panelColumns * (end - first);
      Packer.Left[] left = new Packer.Left[blocking.span()];
      for (int begin = 0; begin < blocking.depthBlocks(); begin += blocking.span()) {
        int stop = Math.min(blocking.depthBlocks(), begin + blocking.span());
        for (int d = begin; d < stop; d++) {
          left[d - begin] = room.packing().packLeft(product.left(), row, rows, (long) d * blocking.depthBlock(), depthOf(d),
              room.places()[d - begin]);
        }
        for (int panel = first; panel < end; panel++) {
          int columns = columnsOf(panel);
          int unwanted = tilesAbove(row, panel);
          int from = unwanted * micro.tileRows();
          int count = rows - from;
          if (count <= 0) continue;
          long c = own ? room.strip().spill() : result + from * resultBytes + 4L * panelColumns * (panel - first);
          for (int d = begin; d < stop; d++) {
            if (packed == 0) packPanel(room.packing(), panel, d, room.panel());
            long right = packed == 0 ? room.panel() : place(packed, panel - base, d);
            Packer.Left wanted = left[d - begin].from(unwanted);
            if (own) room.strip().multiplyOwn(wanted, right, resultBytes, count, columns, depthOf(d), d > 0);
            else
              room.strip().multiply(wanted, right, c, resultBytes, count, columns, depthOf(d), d > 0);
          }
          if (stop == blocking.depthBlocks()) finish(row + from, panel, count, columns, c, resultBytes);
        }
      }
    }
  }

  /// The whole tiles from `row` on that lie above the diagonal of a panel, if what is there is not wanted.
  private int tilesAbove(int row, int panel) {
    return product.lower() ? Math.max(0, panel * micro.panelColumns() - row) / micro.tileRows() : 0;
  }

  private void finish(int row, int panel, int rows, int columns, long c, long cBytes) {
    long column = (long) panel * micro.panelColumns();
    product.finish().apply(micro, new Finish.Part(c, cBytes, row, column, rows, columns));
    if (product.cType() == DType.F32) {
      if (hasOwnStrip()) micro.copy(c, cBytes, product.cAt(row, column), product.cBytes(), rows, columns);
      return;
    }
    if (product.cType() == DType.BF16 && pairs.isPresent() && columns % 2 == 0) {
      pairs.get().narrow(c, cBytes, product.cAt(row, column), product.cBytes(), rows, columns);
      return;
    }
    for (int r = 0; r < rows; r++) micro.narrow(product.cType(), c + r * cBytes, product.cAt(row + r, column), columns);
  }
}
