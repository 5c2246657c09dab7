package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import java.util.List;

/// `y = (x - mean) · inverse · w + b` over groups of channels and all of space, for `[N, C, …]`.
///
/// A sum is taken by blocks of fixed size, so that a single large group keeps all threads busy; the blocks' sums are added in
/// order. Three passes over memory: mean, deviation, result.
record GroupNormKernel(Processor cpu, int groups, float eps) implements Kernel {
  private static final int BLOCK = 1 << 12;

  @Override
  public boolean takes(int index, Layout layout) { return layout.isContiguous() || index == 0 && Channels.areLast(layout); }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) {
    return in.getFirst().isContiguous() ? Layout.contiguous(out.shape()) : Channels.last(out.shape());
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.getFirst();
    if (x.shape().elements() == 0) return;
    Sizes sizes = Sizes.of(x);
    double members = (double) sizes.channels() / groups * sizes.places();
    double[] sums = totals(x, sizes, new float[sizes.all()], false);
    float[] means = new float[sums.length];
    for (int i = 0; i < means.length; i++) means[i] = (float) (sums[i] / members);
    double[] squares = totals(x, sizes, perChannel(sizes, means), true);
    float[] inverses = new float[sums.length];
    for (int i = 0; i < means.length; i++) inverses[i] = (float) (1 / Math.sqrt(squares[i] / members + eps));
    apply(in, out.getFirst(), sizes, perChannel(sizes, means), perChannel(sizes, inverses));
  }

  /// @param samples N
  /// @param channels C
  /// @param places all of space
  /// @param isPlanar whether space lies inside the channels, and not the channels inside space
  private record Sizes(int samples, int channels, long places, boolean isPlanar) {
    static Sizes of(Tensor x) {
      int samples = Math.toIntExact(x.size(0));
      int channels = Math.toIntExact(x.size(1));
      return new Sizes(samples, channels, x.shape().elements() / samples / channels, x.layout().isContiguous());
    }

    /// Channels of all samples.
    int all() { return samples * channels; }

    /// Places in a block. Planar, a block is a part of a channel of a sample; else some places of a sample with all channels.
    long height() { return isPlanar ? BLOCK : Math.max(1, BLOCK / channels); }

    /// How many blocks make up the places of a sample.
    long cuts() { return (places + height() - 1) / height(); }

    /// The channels of a block.
    int width() { return isPlanar ? 1 : channels; }

    long blocks() { return all() / width() * cuts(); }

    /// Elements of a whole block.
    int elements() { return Math.toIntExact(height() * width()); }

    /// Elements of a block: the last of a sample may have fewer.
    int elements(long block) { return (int) Math.min(height(), places - block % cuts() * height()) * width(); }

    /// Where a block begins, in elements.
    long begin(long block) { return (block / cuts() * places + block % cuts() * height()) * width(); }

    /// The first channel of a block, counted over all samples.
    int first(long block) { return (int) (block / cuts()) * width(); }
  }

  /// For each channel of each sample, the value of its group.
  private float[] perChannel(Sizes sizes, float[] values) {
    float[] all = new float[sizes.all()];
    for (int i = 0; i < all.length; i++) all[i] = values[group(sizes, i)];
    return all;
  }

  private int group(Sizes sizes, int channel) { return channel / (sizes.channels() / groups); }

  /// The sum, or the sum of squared distances from the means, of every group of every sample.
  private double[] totals(Tensor x, Sizes sizes, float[] means, boolean isSquare) {
    float[] parts = new float[Math.toIntExact(sizes.blocks() * sizes.width())];
    try (Spread centres = new Spread(sizes, means)) {
      cpu.split(sizes.blocks(), sizes.elements(), (begin, end) -> {
        for (long block = begin; block < end; block++) {
          if (sizes.isPlanar()) parts[(int) block] = planar(x, sizes, means, isSquare, block);
          else
            interleaved(x, sizes, centres, isSquare, block, parts);
        }
      });
    }
    double[] totals = new double[sizes.samples() * groups];
    int at = 0;
    for (int i = 0; i < sizes.all(); i += sizes.width()) {
      for (long cut = 0; cut < sizes.cuts(); cut++) {
        for (int c = 0; c < sizes.width(); c++) totals[group(sizes, i + c)] += parts[at++];
      }
    }
    return totals;
  }

  private float planar(Tensor x, Sizes sizes, float[] means, boolean isSquare, long block) {
    Loops loops = cpu.loops();
    int n = sizes.elements(block);
    long from = read(loops, x, sizes.begin(block), Scratch.address(4L * n), n);
    return isSquare ? loops.squares(from, means[sizes.first(block)], n) : loops.sum(from, n);
  }

  private void interleaved(Tensor x, Sizes sizes, Spread centres, boolean isSquare, long block, float[] parts) {
    Loops loops = cpu.loops();
    int n = sizes.elements(block);
    int channels = sizes.channels();
    long spare = Scratch.address(4L * n);
    long from = read(loops, x, sizes.begin(block), spare, n);
    if (isSquare) {
      loops.binary(BinaryFunction.SUBTRACT, from, centres.of(block), spare, n);
      loops.binary(BinaryFunction.MULTIPLY, spare, spare, spare, n);
      from = spare;
    }
    long sums = rowsJoined(loops, from, n / channels, channels, spare);
    for (int c = 0; c < channels; c++) parts[(int) (block * channels + c)] = Cells.getFloat(sums + 4L * c);
  }

  /// Adds rows, the second half to the first, until one is left; gives where it is. Long loops, and errors that hardly add up.
  private static long rowsJoined(Loops loops, long from, int rows, int width, long spare) {
    if (rows == 1) return from;
    int half = rows / 2;
    loops.binary(BinaryFunction.ADD, from, from + 4L * half * width, spare, half * width);
    if (rows % 2 == 1) Cells.copy(from + 8L * half * width, spare + 4L * half * width, 4L * width);
    return rowsJoined(loops, spare, rows - half, width, spare);
  }

  private void apply(List<Tensor> in, Tensor y, Sizes sizes, float[] means, float[] inverses) {
    Tensor x = in.get(0);
    float[] w = in.get(1).toFloats();
    float[] b = in.get(2).toFloats();
    float[] factors = new float[sizes.all()];
    float[] biases = new float[sizes.all()];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = inverses[i] * w[i % w.length];
      biases[i] = b[i % b.length];
    }
    try (Spread m = new Spread(sizes, means); Spread f = new Spread(sizes, factors); Spread s = new Spread(sizes, biases)) {
      cpu.split(sizes.blocks(), sizes.elements(), (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(4L * sizes.elements());
        for (long block = begin; block < end; block++) {
          int n = sizes.elements(block);
          int c = sizes.first(block);
          long from = read(loops, x, sizes.begin(block), spare, n);
          long to = y.dtype() == DType.F32 ? y.address() + 4 * sizes.begin(block) : spare;
          if (sizes.isPlanar()) {
            loops.affine(from, means[c], factors[c], biases[c], to, n);
          } else {
            loops.binary(BinaryFunction.SUBTRACT, from, m.of(block), to, n);
            loops.multiplyAdd(to, f.of(block), s.of(block), to, n);
          }
          if (to == spare) loops.narrow(y.dtype(), spare, y.address() + sizes.begin(block) * y.dtype().unitBytes(), n);
        }
      });
    }
  }

  /// `n` elements from place `at` in memory on, as f32.
  private static long read(Loops loops, Tensor x, long at, long spare, int n) {
    long from = x.address() + at * x.dtype().unitBytes();
    if (x.dtype() == DType.F32) return from;
    loops.widen(x.dtype(), from, spare, n);
    return spare;
  }

  /// A number for each channel of each sample, written as often as a block has places, so that a block is one long loop. Planar
  /// blocks have one channel and need none.
  private static final class Spread implements AutoCloseable {
    private final Sizes sizes;
    private final HostBuffer memory;

    Spread(Sizes sizes, float[] numbers) {
      this.sizes = sizes;
      int width = sizes.width();
      this.memory = HostMemory.allocate(sizes.isPlanar() ? 0 : 4L * sizes.samples() * sizes.elements());
      if (sizes.isPlanar()) return;
      for (int sample = 0; sample < sizes.samples(); sample++) {
        long to = memory.address() + 4L * sample * sizes.elements();
        for (int i = 0; i < sizes.elements(); i++) Cells.setFloat(to + 4L * i, numbers[sample * width + i % width]);
      }
    }

    /// Where the numbers for a block begin.
    long of(long block) { return memory.address() + 4L * sizes.first(block) / sizes.width() * sizes.elements(); }

    @Override
    public void close() { memory.release(); }
  }
}
