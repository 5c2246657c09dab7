package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;

/// Brings the factors of a product into the memory of a chunk, in f32, so that tiles read what is near whatever the layout and
/// the type.
///
/// The lines of the right factor lie side by side, `[depth, panel columns]`. Those of the left one stay lines, a cache line more
/// than their length apart, or, where they lie side by side already, stay side by side: tiles read either.
final class Packing implements LinePacker {
  /// The longest stretch of a line that is packed at once.
  static final int DEPTH = 384;

  /// From a line of a packed left factor to the next.
  static final int LINE_BYTES = 4 * DEPTH + 64;
  /// Where the words of a line are.
  static final long ALONG = Offsets.evenly(DEPTH, 4);

  private final MicroKernels micro;
  private final long lines;
  private final long rounded;
  private final long offsets;
  private final long group;

  Packing(MicroKernels micro, Pieces pieces) {
    this.micro = micro;
    this.lines = pieces.take((long) DEPTH * micro.panelColumns());
    this.rounded = pieces.take(DEPTH);
    this.offsets = pieces.take(DEPTH);
    this.group = pieces.take(BlockWeights.LARGEST_GROUP);
  }

  /// The floats that `rows` rows of a left factor take.
  static long leftFloats(MicroKernels micro, int rows) { return micro.wholeTiles(rows) * (LINE_BYTES / 4L); }

  @Override
  public Left packLeft(Factor factor, long line, int count, long from, int depth, long to) {
    if (factor.isSideBySide()) {
      int stride = micro.wholeTiles(count);
      packSideBySide(factor, line, count, from, depth, to, stride);
      for (int i = 0; i < depth; i++) Cells.setInt(offsets + 4L * i, 4 * stride * i);
      return new Left(to, 4, 4L * micro.tileRows(), offsets);
    }
    packLines(factor, line, count, from, depth, to, LINE_BYTES);
    return new Left(to, LINE_BYTES, (long) LINE_BYTES * micro.tileRows(), ALONG);
  }

  @Override
  public void packLines(Factor factor, long line, int count, long from, int depth, long to, long toBytes) {
    if (factor.plain() && factor.depthStride() == 1) {
      micro.copy(factor.at(line, from), 4 * factor.lineStride(), to, toBytes, count, depth);
    } else if (factor.plain() && factor.lineStride() == 1) {
      micro.transpose(factor.at(line, from), 4 * factor.depthStride(), to, toBytes, depth, count);
    } else {
      for (int j = 0; j < count; j++) stage(factor, line + j, from, depth, to + toBytes * j);
    }
  }

  @Override
  public void packRight(Factor factor, long line, int count, long from, int depth, long to, int width) {
    if (count < width) clearBehind(to, count, depth, width);
    if (factor.isSideBySide()) {
      packSideBySide(factor, line, count, from, depth, to, width);
    } else if (factor.plain() && factor.depthStride() == 1) {
      micro.transpose(factor.at(line, from), 4 * factor.lineStride(), to, 4L * width, count, depth);
    } else {
      for (int j = 0; j < count; j++) stage(factor, line + j, from, depth, lines + 4L * DEPTH * j);
      micro.transpose(lines, 4L * DEPTH, to, 4L * width, count, depth);
    }
  }

  /// Lines that lie side by side already.
  private void packSideBySide(Factor factor, long line, int count, long from, int depth, long to, int stride) {
    if (factor.plain()) {
      micro.copy(factor.at(line, from), 4 * factor.depthStride(), to, 4L * stride, depth, count);
    } else {
      for (int i = 0; i < depth; i++) convert(factor, factor.at(line, from + i), to + 4L * stride * i, count);
    }
  }

  /// Zeros in columns `count` to `width`.
  static void clearBehind(long to, int count, int depth, int width) {
    for (int i = 0; i < depth; i++) {
      for (int j = count; j < width; j++) Cells.setFloat(to + 4L * ((long) width * i + j), 0);
    }
  }

  /// A stretch of one line as f32.
  private void stage(Factor factor, long line, long from, int depth, long to) {
    if (factor.type().isBlock()) {
      BlockWeights.expand(micro, factor.blocks().orElseThrow(), line * factor.lineStride() + from, depth, to, group);
      round(factor.rounding(), to, depth);
    } else if (factor.depthStride() == 1) {
      convert(factor, factor.at(line, from), to, depth);
    } else {
      for (int i = 0; i < depth; i++) Cells.setFloat(to + 4L * i, element(factor, factor.at(line, from + i)));
      round(factor.rounding(), to, depth);
    }
  }

  private static float element(Factor factor, long at) {
    return switch (factor.type()) {
      case F16 -> Float.float16ToFloat(Cells.getShort(at));
      case BF16 -> Narrow.fromBf16(Cells.getShort(at));
      default -> Cells.getFloat(at);
    };
  }

  /// Neighbours in memory as f32, rounded as the factor asks.
  private void convert(Factor factor, long at, long to, int count) {
    micro.widen(factor.type(), at, to, count);
    if (factor.rounding() != factor.type()) round(factor.rounding(), to, count);
  }

  private void round(DType rounding, long values, int count) {
    if (rounding == DType.F32) return;
    micro.narrow(rounding, values, rounded, count);
    micro.widen(rounding, rounded, values, count);
  }
}
