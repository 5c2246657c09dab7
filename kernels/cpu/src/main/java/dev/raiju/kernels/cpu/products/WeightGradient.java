package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;

/// The gradient of a convolution's weight, one batch of chunks after the other.
///
/// All threads copy the inputs and the output gradients of a batch, then each takes a share of the taps and channels and goes through
/// the batch chunk by chunk: a sum over pixels has one owner and one order. It is a product whose left factor has channels of
/// the input as rows, side by side in a pixel, and whose depth steps from pixel to pixel. Pixels lie side by side too, so taps
/// along a line are rows of the same product.
final class WeightGradient {
  // the copies of a batch stay in the third-level cache
  private static final long BATCH_FLOATS = 1 << 20;
  private static final int MOST_ROWS = 64;
  // a share reads all of a batch, so there are few
  private static final int SHARES_PER_THREAD = 2;

  private final Products products;
  private final MicroKernels micro;
  private final Sweep sweep;
  private final Grid dy;
  private final int groups;
  private final int inputs;
  private final int outputs;

  private final int taps;
  /// Taps of a line that are rows of one product: all of them, or one.
  private final int joined;
  private final int panel;
  private final int panels;
  /// Floats from an output pixel to the next, and from a row of sums to the next.
  private final int pixelFloats;
  private final int sumColumns;
  private final int rows;
  private final int rowBlock;
  private final int rowBlocks;
  private final int batch;
  private final long inputFloats;
  private final long outputFloats;
  private final long copies;
  private final long sums;
  private final long offsets;

  /// @param inputs channels of a group
  /// @param outputs channels of all groups
  WeightGradient(Products products, Sweep sweep, Grid dy, int groups, int inputs, int outputs, Scratch scratch) {
    this.products = products;
    this.micro = products.micro();
    this.sweep = sweep;
    this.dy = dy;
    this.groups = groups;
    this.inputs = inputs;
    this.outputs = outputs;
    joined = groups == 1 ? sweep.pixel().neighbours() : 1;
    taps = sweep.outer().taps().length * sweep.line().taps().length * sweep.pixel().taps().length / joined;
    panel = micro.panelColumns();
    panels = (outputs / groups + panel - 1) / panel;
    pixelFloats = (outputs + panel - 1) / panel * panel;
    sumColumns = panels * panel;
    rows = joined * inputs;
    rowBlock = rowBlock();
    rowBlocks = (rows + rowBlock - 1) / rowBlock;
    inputFloats = sweep.floats(micro);
    outputFloats = (long) sweep.chunkLines() * sweep.chunkPixels() * pixelFloats + panel;
    batch = Math.clamp(BATCH_FLOATS / (inputFloats + outputFloats), 1, Math.max(1, sweep.chunks()));
    copies = scratch.take(batch * (inputFloats + outputFloats));
    sums = scratch.take((long) groups * taps * micro.wholeTiles(rows) * sumColumns);
    offsets = scratch.take((long) sweep.chunkLines() * sweep.chunkPixels());
  }

  /// As many rows as leave every thread its shares.
  private int rowBlock() {
    int block = Math.max(micro.tileRows(), MOST_ROWS);
    int wanted = SHARES_PER_THREAD * products.workers().threads();
    while (block / 2 >= micro.tileRows() && groups * taps * panels * ((rows + block - 1) / block) < 2 * wanted) block /= 2;
    return block;
  }

  void run(Tensor dw) {
    int width = sweep.chunkPixels();
    for (int i = 0; i < sweep.chunkLines() * width; i++) {
      Cells.setInt(offsets + 4L * i, Math.toIntExact(i / width * sweep.lineBytes() + i % width * sweep.pixelBytes()));
    }
    Cells.clear(sums, 4L * groups * taps * micro.wholeTiles(rows) * sumColumns);
    int tasks = groups * taps * panels * rowBlocks;
    int shares = Math.min(tasks, SHARES_PER_THREAD * products.workers().threads());
    for (int first = 0; first < sweep.chunks(); first += batch) {
      int base = first;
      int count = Math.min(batch, sweep.chunks() - first);
      products.workers().run(count, i -> copy(base + i, i));
      products.workers().run(shares, share -> {
        int begin = (int) ((long) tasks * share / shares);
        int end = (int) ((long) tasks * (share + 1) / shares);
        for (int i = 0; i < count; i++) {
          Sweep.Part part = sweep.part(base + i);
          for (int task = begin; task < end; task++) add(part, i, task);
        }
      });
    }
    store(dw);
  }

  private long inputCopy(int slot) { return copies + 4 * slot * (inputFloats + outputFloats); }

  private long outputCopy(int slot) { return inputCopy(slot) + 4 * inputFloats; }

  private void copy(int chunk, int slot) {
    Sweep.Part part = sweep.part(chunk);
    try (Scratch own = new Scratch()) {
      Packing packing = new Packing(micro, own);
      sweep.copy(packing, part, inputCopy(slot));
      for (int y = 0; y < part.lines(); y++) {
        Factor line = dy.line(part.image(), part.outer(), part.line() + y, part.pixel(), 0);
        long to = outputCopy(slot) + 4L * y * part.pixels() * pixelFloats;
        packing.packLines(line, 0, part.pixels(), 0, outputs, to, 4L * pixelFloats);
      }
    }
  }

  private long sum(int group, int tap) { return sums + 4L * (group * taps + tap) * micro.wholeTiles(rows) * sumColumns; }

  /// Adds the pixels of one chunk to some rows and columns of one tap.
  private void add(Sweep.Part part, int slot, int task) {
    int row = task % rowBlocks * rowBlock;
    int panelIndex = task / rowBlocks % panels;
    int tap = task / rowBlocks / panels % taps;
    int group = task / rowBlocks / panels / taps;
    int column = panelIndex * panel;
    int columns = Math.min(panel, outputs / groups - column);
    int count = Math.min(rowBlock, rows - row);
    long left = inputCopy(slot) + tapBytes(tap) + 4L * (group * inputs + row);
    long right = outputCopy(slot) + 4L * (group * (outputs / groups) + column);
    long to = sum(group, tap) + 4L * ((long) row * sumColumns + column);
    // the table of offsets is that of whole lines
    boolean whole = part.pixels() == sweep.chunkPixels();
    int depth = whole ? part.lines() * part.pixels() : part.pixels();
    for (int y = 0; y < (whole ? 1 : part.lines()); y++) {
      micro.multiply(left + y * sweep.lineBytes(), 4, 4L * micro.tileRows(), offsets, right + 4L * y * part.pixels()
          * pixelFloats, 4L
              * pixelFloats, to, 4L * sumColumns, count, columns, depth, true);
    }
  }

  private int tapBytes(int tap) {
    int c = sweep.pixel().taps().length / joined;
    int b = sweep.line().taps().length;
    return sweep.tapBytes(tap / c / b, tap / c % b, tap % c * joined);
  }

  /// From `[group, taps, joined taps and inputs, output]` to `[output, input, tap]`.
  private void store(Tensor dw) {
    int n = Math.toIntExact(dw.shape().elements());
    try (Scratch scratch = new Scratch()) {
      long whole = dw.dtype() == DType.F32 ? dw.address() : scratch.take(n);
      int perGroup = outputs / groups;
      products.workers().run(outputs, o -> {
        for (int i = 0; i < inputs; i++) {
          for (int t = 0; t < taps * joined; t++) {
            int row = t % joined * inputs + i;
            long from = sum(o / perGroup, t / joined) + 4L * ((long) row * sumColumns + o % perGroup);
            Cells.setFloat(whole + 4L * (((long) o * inputs + i) * taps * joined + t), Cells.getFloat(from));
          }
        }
      });
      if (dw.dtype() != DType.F32) micro.narrow(dw.dtype(), whole, dw.address(), n);
    }
  }
}
