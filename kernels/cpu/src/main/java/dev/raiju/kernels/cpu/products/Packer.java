package dev.raiju.kernels.cpu.products;

/// Brings the factors of a product into the memory of a chunk. Depths are counted in words of [TileProduct].
interface Packer {
  /// A packed left factor, as [TileProduct#multiply] takes it.
  record Left(long address, long rowBytes, long tileBytes, long offsets) {
    /// Without its first tiles.
    Left from(int tiles) { return tiles == 0 ? this : new Left(address + tiles * tileBytes, rowBytes, tileBytes, offsets); }
  }

  /// Packs rows `line` to `line + count` of a left factor, from depth `from` on.
  Left packLeft(Factor factor, long line, int count, long from, int depth, long to);

  /// `to[i, j] = factor[line + j, from + i]` of a right factor, and zeros from `count` to `width`.
  void packRight(Factor factor, long line, int count, long from, int depth, long to, int width);
}
