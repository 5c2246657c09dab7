package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.List;

/// `y = x / max(‖x‖, 1e-12) · sqrt(C) · w` over the channels of `[N, C, …]`: rows where channels lie last, columns where they lie
/// in front of space.
record ChannelNormKernel(Processor cpu) implements Kernel {
  private static final int BLOCK = 512;
  private static final float LEAST = 1e-12f;

  @Override
  public boolean takes(int index, Layout layout) {
    return layout.isContiguous() || index == 0 && Channels.areLast(layout);
  }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) {
    return in.getFirst().isContiguous() ? Layout.contiguous(out.shape()) : Channels.last(out.shape());
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.getFirst();
    int channels = Math.toIntExact(x.size(1));
    long places = x.shape().elements() / Math.max(1, channels * x.size(0));
    if (x.shape().elements() == 0) return;
    if (places == 1 || !x.layout().isContiguous()) rows(in, out.getFirst(), channels);
    else
      columns(in, out.getFirst(), channels, places);
  }

  private void rows(List<Tensor> in, Tensor out, int channels) {
    Rows x = Channels.rows(in.getFirst());
    Rows y = Channels.rows(out);
    float root = (float) Math.sqrt(channels);
    cpu.split(x.count(), channels, (begin, end) -> {
      Loops loops = cpu.loops();
      long spare = Scratch.address(2 * x.spare());
      long w = Rows.of(in.get(1)).read(loops, 0, spare + x.spare());
      for (long row = begin; row < end; row++) {
        long from = x.read(loops, row, spare);
        float length = (float) Math.sqrt(loops.squares(from, 0, channels));
        loops.normalize(from, 0, root / Math.max(length, LEAST), w, y.target(row, spare), channels);
        y.written(loops, row, spare);
      }
    });
  }

  private void columns(List<Tensor> in, Tensor out, int channels, long places) {
    Tensor x = in.getFirst();
    DType type = x.dtype();
    long cuts = (places + BLOCK - 1) / BLOCK;
    cpu.split(x.size(0) * cuts, (long) BLOCK * channels, (begin, end) -> {
      Loops loops = cpu.loops();
      long spare = Scratch.address(4L * (3 * BLOCK + channels));
      long factors = spare + 4L * BLOCK;
      long least = factors + 4L * BLOCK;
      long w = Rows.of(in.get(1)).read(loops, 0, least + 4L * BLOCK);
      loops.fill(LEAST, least, BLOCK);
      for (long i = begin; i < end; i++) {
        long first = i / cuts * channels * places + i % cuts * BLOCK;
        int n = (int) Math.min(BLOCK, places - i % cuts * BLOCK);
        loops.fill(0, factors, n);
        for (int c = 0; c < channels; c++) {
          long from = read(loops, type, x.address() + (first + c * places) * type.unitBytes(), spare, n);
          loops.multiplyAdd(from, from, factors, factors, n);
        }
        loops.unary(UnaryFunction.SQRT, factors, factors, n);
        loops.binary(BinaryFunction.MAX, factors, least, factors, n);
        loops.fill((float) Math.sqrt(channels), spare, n);
        loops.binary(BinaryFunction.DIVIDE, spare, factors, factors, n);
        for (int c = 0; c < channels; c++) {
          long at = (first + c * places) * type.unitBytes();
          long from = read(loops, type, x.address() + at, spare, n);
          long to = type == DType.F32 ? out.address() + at : spare;
          loops.binary(BinaryFunction.MULTIPLY, from, factors, to, n);
          loops.affine(to, 0, Cells.getFloat(w + 4L * c), 0, to, n);
          if (type != DType.F32) loops.narrow(type, spare, out.address() + at, n);
        }
      }
    });
  }

  private static long read(Loops loops, DType type, long x, long spare, int n) {
    if (type == DType.F32) return x;
    loops.widen(type, x, spare, n);
    return spare;
  }
}
