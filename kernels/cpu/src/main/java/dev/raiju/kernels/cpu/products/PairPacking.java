package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;

/// Packs factors as pairs of bf16, in the same places as [Packing] does as f32: a line that is narrowed is a line of pairs, so only
/// lines that lie side by side must be brought together.
final class PairPacking implements LinePacker {
  private final MicroKernels micro;
  private final PairKernels pairs;
  private final int elements;
  private final Packing plain;
  private final long lines;
  private final long first;
  private final long second;
  private final long offsets;

  /// @param elements the depth of the whole product; behind an odd one stands a zero
  PairPacking(MicroKernels micro, PairKernels pairs, int elements, Pieces pieces) {
    this.micro = micro;
    this.pairs = pairs;
    this.elements = elements;
    this.plain = new Packing(micro, pieces);
    this.lines = pieces.take((long) Packing.DEPTH * micro.panelColumns());
    // a line of a depth block, or as many lines side by side as are packed at once
    this.first = pieces.take(2L * Packing.DEPTH);
    this.second = pieces.take(2L * Packing.DEPTH);
    this.offsets = pieces.take(Packing.DEPTH);
  }

  private int elementsOf(long from, int depth) { return (int) Math.min(2L * depth, elements - 2 * from); }

  @Override
  public Left packLeft(Factor factor, long line, int count, long from, int depth, long to) {
    if (factor.isSideBySide()) {
      int stride = micro.wholeTiles(count);
      pairUp(factor, line, count, from, depth, to, stride);
      for (int i = 0; i < depth; i++) Cells.setInt(offsets + 4L * i, 4 * stride * i);
      return new Left(to, 4, 4L * micro.tileRows(), offsets);
    }
    packLines(factor, line, count, from, depth, to, Packing.LINE_BYTES);
    return new Left(to, Packing.LINE_BYTES, (long) Packing.LINE_BYTES * micro.tileRows(), Packing.ALONG);
  }

  @Override
  public void packRight(Factor factor, long line, int count, long from, int depth, long to, int width) {
    if (count < width) Packing.clearBehind(to, count, depth, width);
    if (factor.isSideBySide()) {
      pairUp(factor, line, count, from, depth, to, width);
    } else {
      packLines(factor, line, count, from, depth, lines, 4L * Packing.DEPTH);
      micro.transpose(lines, 4L * Packing.DEPTH, to, 4L * width, count, depth);
    }
  }

  @Override
  public void packLines(Factor factor, long line, int count, long from, int depth, long to, long toBytes) {
    int length = elementsOf(from, depth);
    if (factor.depthStride() == 1 && factor.type() == DType.F32) {
      pairs.narrow(factor.at(line, 2 * from), 4 * factor.lineStride(), to, toBytes, count, length);
      return;
    }
    boolean same = factor.depthStride() == 1 && factor.type() == DType.BF16;
    for (int j = 0; j < count; j++) {
      long end = to + toBytes * j + 2L * length;
      if (same) Cells.copy(factor.at(line + j, 2 * from), to + toBytes * j, 2L * length);
      else
        narrowLine(factor, line + j, from, length, to + toBytes * j);
      if (same && length % 2 != 0) Cells.setShort(end, (short) 0);
    }
  }

  /// A line of any other kind, by way of f32.
  private void narrowLine(Factor factor, long line, long from, int length, long to) {
    plain.packLines(factor.rounded(DType.F32), line, 1, 2 * from, length, first, 0);
    pairs.narrow(first, 0, to, 0, 1, length);
  }

  /// `to[i, j] = (factor[line + j, 2 (from + i)], factor[line + j, 2 (from + i) + 1])` for lines that lie side by side.
  private void pairUp(Factor factor, long line, int count, long from, int depth, long to, int stride) {
    int length = elementsOf(from, depth);
    int whole = length / 2;
    long toBytes = 4L * stride;
    if (factor.type() == DType.F16) {
      for (int i = 0; i < whole; i++) pairUpHalf(factor, line, count, from + i, to + toBytes * i);
    } else {
      long stepBytes = factor.type().unitBytes() * factor.depthStride();
      long even = factor.at(line, 2 * from);
      pairs.pair(factor.type(), even, even + stepBytes, 2 * stepBytes, to, toBytes, whole, count);
    }
    if (whole == depth) return;
    Cells.clear(second, 4L * count);
    micro.widen(factor.type(), factor.at(line, 2 * (from + whole)), first, count);
    pairs.pair(DType.F32, first, second, 0, to + toBytes * whole, 0, 1, count);
  }

  private void pairUpHalf(Factor factor, long line, int count, long pair, long to) {
    micro.widen(factor.type(), factor.at(line, 2 * pair), first, count);
    micro.widen(factor.type(), factor.at(line, 2 * pair + 1), second, count);
    pairs.pair(DType.F32, first, second, 0, to, 0, 1, count);
  }
}
