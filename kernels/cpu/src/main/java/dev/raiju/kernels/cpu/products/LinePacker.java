package dev.raiju.kernels.cpu.products;

/// Packs factors as lines, too.
interface LinePacker extends Packer {
  /// `to[j, i] = factor[line + j, from + i]`, a line every `toBytes`; depths are counted in words.
  void packLines(Factor factor, long line, int count, long from, int depth, long to, long toBytes);
}
