package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;

/// A convolution in one of its forms, cut into chunks of pixels.
///
/// A chunk is part of an image: some lines, or a part of one, at one place of the outer axis. The inputs under it are copied to
/// scratch memory with their padding, channels last; every tap is then a step from pixel to pixel with the same stride.
///
/// @param in what is summed
/// @param outer the first of three spatial axes
/// @param line the second
/// @param pixel the third
/// @param channels of the input, in all groups
/// @param chunkLines lines of a chunk
/// @param chunkPixels pixels of a line of a chunk
record Sweep(Grid in, int images, Axis outer, Axis line, Axis pixel, int channels, int chunkLines, int chunkPixels) {
  // pixels that share what is read of the weights, and floats that stay in the second-level cache
  private static final int CHUNK_PIXELS = 512;
  private static final int CHUNK_FLOATS = 96 << 10;

  static Sweep of(Grid in, int images, Axis outer, Axis line, Axis pixel, int channels) {
    int pixels = Math.clamp(pixel.count(), 1, CHUNK_PIXELS);
    long floats = (long) pixel.under(pixels) * channels * Math.max(1, outer.taps().length) * line.stride();
    int lines = Math.clamp(Math.min(CHUNK_PIXELS / pixels, CHUNK_FLOATS / Math.max(1, floats)), 1, Math.max(1, line.count()));
    return new Sweep(in, images, outer, line, pixel, channels, lines, pixels);
  }

  /// A chunk: lines `line` to `line + lines`, pixels `pixel` to `pixel + pixels` of outer place `outer` of an image.
  record Part(int image, int outer, int line, int lines, int pixel, int pixels) {}

  private static int ceil(int a, int b) { return (a + b - 1) / b; }

  private int lineChunks() { return ceil(line.count(), chunkLines); }

  private int pixelChunks() { return ceil(pixel.count(), chunkPixels); }

  int chunks() { return Math.toIntExact((long) images * outer.count() * lineChunks() * pixelChunks()); }

  Part part(int chunk) {
    int x = chunk % pixelChunks() * chunkPixels;
    int rest = chunk / pixelChunks();
    int y = rest % lineChunks() * chunkLines;
    rest /= lineChunks();
    return new Part(rest / outer.count(), rest % outer.count(), y, Math.min(chunkLines, line.count() - y), x, Math.min(
        chunkPixels, pixel
            .count() - x));
  }

  // ---- the copy of the inputs: [outer taps, lines, pixels, channels]

  int linesUnder() { return line.under(chunkLines); }

  int pixelsUnder() { return pixel.under(chunkPixels); }

  /// The floats of a copy, with room for a tile's look behind its end.
  long floats(MicroKernels micro) {
    long pixels = (long) Math.max(1, outer.taps().length) * linesUnder() * pixelsUnder();
    return pixels * channels + (long) micro.tileRows() * (pixel.stride() * channels + 1);
  }

  /// Where tap `(a, b, c)` of the first pixel of a chunk begins in its copy.
  int tapBytes(int a, int b, int c) {
    long pixels = ((long) a * linesUnder() + line.shifts()[b] - line.lowest()) * pixelsUnder() + pixel.shifts()[c] - pixel
        .lowest();
    return Math.toIntExact(4 * pixels * channels);
  }

  long pixelBytes() { return 4L * pixel.stride() * channels; }

  long lineBytes() { return 4L * line.stride() * pixelsUnder() * channels; }

  void copy(Packing packing, Part part, long to) {
    for (int a = 0; a < outer.taps().length; a++) {
      int frame = part.outer() * outer.stride() + outer.shifts()[a];
      for (int y = 0; y < line.under(part.lines()); y++) {
        long target = to + 4L * ((long) a * linesUnder() + y) * pixelsUnder() * channels;
        copyLine(packing, part, frame, line.begin(part.line()) + y, target);
      }
    }
  }

  private void copyLine(Packing packing, Part part, int frame, int row, long to) {
    int width = pixel.under(part.pixels());
    int first = pixel.begin(part.pixel());
    boolean inside = frame >= 0 && frame < outer.size() && row >= 0 && row < line.size();
    int before = inside ? Math.clamp(-(long) first, 0, width) : width;
    int end = inside ? Math.clamp(pixel.size() - (long) first, before, width) : width;
    Cells.clear(to, 4L * before * channels);
    if (end > before) {
      Factor source = in.line(part.image(), frame, row, first + before, 0);
      copyPixels(packing, source, end - before, to + 4L * before * channels);
    }
    Cells.clear(to + 4L * end * channels, 4L * (width - end) * channels);
  }

  private void copyPixels(Packing packing, Factor source, int count, long to) {
    if (source.depthStride() == 1 && source.lineStride() == channels) {
      // neighbours in memory: one long line
      packing.packLines(source, 0, 1, 0, count * channels, to, 0);
    } else {
      packing.packLines(source, 0, count, 0, channels, to, 4L * channels);
    }
  }
}
