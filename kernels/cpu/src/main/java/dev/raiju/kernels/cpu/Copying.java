package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;

/// Moves values from one layout to another, byte by byte the same.
final class Copying {
  // of one tile, which fits into a first-level cache
  private static final int TILE_BYTES = 1 << 15;
  // keeps the rows of a tile apart in the cache
  private static final int GAP = 64;
  private static final long PART_BYTES = 1 << 18;

  private Copying() {}

  /// Copies all elements of `from` to where `layout` says in the memory of `to`.
  static void copy(Processor cpu, Tensor from, Tensor to, Layout layout) {
    DType type = from.dtype();
    if (from.buffer() instanceof BlockPlanes) {
      PlaneCopy.copy(cpu, from, to, layout);
      return;
    }
    long base = to.address() + (layout.offset() - to.layout().offset()) / type.unit() * type.unitBytes();
    if (from.shape().elements() == 0) return;
    if (from.layout().isContiguous() && layout.isContiguous()) {
      block(cpu, from.address(), base, type.bytes(from.shape().elements()));
    } else {
      tiled(cpu, type.unitBytes(), units(from.layout(), type), from.address(), units(layout, type), base);
    }
  }

  private static void block(Processor cpu, long from, long to, long bytes) {
    long parts = (bytes + PART_BYTES - 1) / PART_BYTES;
    cpu.pool().run(Math.toIntExact(parts), i -> {
      long begin = i * PART_BYTES;
      Cells.copy(from + begin, to + begin, Math.min(PART_BYTES, bytes - begin));
    });
  }

  private static void tiled(Processor cpu, int size, Layout source, long from, Layout target, long to) {
    Tiles tiles = Tiles.of(Math.max(1, TILE_BYTES / size), target, source);
    cpu.split(tiles.count(), tiles.elements(), (begin, end) -> {
      Tiles.Tile tile = tiles.tile();
      for (long number = begin; number < end; number++) {
        tile.go(number);
        tile(tile, size, from + tile.begin(1) * size, to + tile.begin(0) * size);
      }
    });
  }

  /// A turned tile is brought together first, so that both sides are walked along their cache lines.
  private static void tile(Tiles.Tile tile, int size, long from, long to) {
    long fromRow = tile.rowStride(1) * size;
    long fromColumn = tile.columnStride(1) * size;
    long toRow = tile.rowStride(0) * size;
    long toColumn = tile.columnStride(0) * size;
    if (fromRow == size && toColumn == size && tile.rows() > 1 && tile.columns() > 1) {
      long pitch = (long) size * tile.columns() + GAP;
      long block = Scratch.address(pitch * tile.rows());
      TileCopy.copy(size, from, fromRow, fromColumn, block, pitch, size, tile.rows(), tile.columns());
      TileCopy.copy(size, block, pitch, size, to, toRow, toColumn, tile.rows(), tile.columns());
    } else {
      TileCopy.copy(size, from, fromRow, fromColumn, to, toRow, toColumn, tile.rows(), tile.columns());
    }
  }

  /// A layout counted in units of a block type, whose last axis stays together.
  private static Layout units(Layout layout, DType type) {
    if (!type.isBlock()) return layout;
    Shape shape = layout.shape().with(-1, layout.shape().size(-1) / type.unit());
    long[] strides = layout.strides();
    for (int i = 0; i < strides.length - 1; i++) strides[i] /= type.unit();
    return Layout.of(shape, strides, 0);
  }
}
