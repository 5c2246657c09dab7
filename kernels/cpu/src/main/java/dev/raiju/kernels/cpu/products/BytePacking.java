package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.backend.BlockPlaces;

/// Packs factors of a product of 8 bits: the left one is lines of words already, the codes of the right one are turned, four at a
/// time, and their scales and biases widened.
final class BytePacking implements Packer {
  private final MicroKernels micro;
  private final ByteLines lines;
  private final Packing plain;

  BytePacking(MicroKernels micro, ByteLines lines, Pieces pieces) {
    this.micro = micro;
    this.lines = lines;
    this.plain = new Packing(micro, pieces);
  }

  @Override
  public Left packLeft(Factor factor, long line, int count, long from, int depth, long to) {
    return plain.packLeft(factor, line, count, from, depth, to);
  }

  /// @param from words, where a group begins
  /// @param depth words, of whole groups
  @Override
  public void packRight(Factor factor, long line, int count, long from, int depth, long to, int width) {
    if (count < width) Packing.clearBehind(to, count, depth, width);
    BlockPlaces blocks = factor.blocks().orElseThrow();
    long step = factor.lineStride() / lines.group();
    long rowBytes = 4L * width;
    for (int group = 0; group < depth / lines.words(); group++) {
      long first = line * step + from / lines.words() + group;
      long codes = to + group * lines.words() * rowBytes;
      micro.transpose(blocks.codes(first), blocks.codeStep() * step, codes, rowBytes, count, lines.quads());
      long scales = codes + lines.quads() * rowBytes;
      for (int j = 0; j < count; j++) {
        long block = first + j * step;
        Cells.setFloat(scales + 4L * j, BlockWeights.number(blocks.type().scaleType(), blocks.scale(block)));
        Cells.setFloat(scales + rowBytes + 4L * j, BlockWeights.number(blocks.type().scaleType(), blocks.bias(block)));
      }
    }
  }
}
