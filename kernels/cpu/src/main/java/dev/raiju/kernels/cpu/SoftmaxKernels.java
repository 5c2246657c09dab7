package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Softmax along the last axis, and its logarithm's denominator over the last axes: the maximum is subtracted first.
final class SoftmaxKernels {
  private static final int BLOCK = 1 << 12;

  private SoftmaxKernels() {}

  /// `exp(x - max) / Σ exp(x - max)`.
  record Softmax(Processor cpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return Rows.fit(layout); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Rows x = Rows.of(in.getFirst());
      Rows y = Rows.of(out.getFirst());
      int n = x.width();
      cpu.split(x.count(), n, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(x.spare());
        for (long row = begin; row < end; row++) {
          long from = x.read(loops, row, spare);
          long to = y.target(row, spare);
          float sum = loops.exp(from, loops.max(from, n), to, n);
          loops.affine(to, 0, 1 / sum, 0, to, n);
          y.written(loops, row, spare);
        }
      });
    }
  }

  /// `max + log Σ exp(x - max)` over rows of `width` elements.
  record LogSumExp(Processor cpu, long width) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor x = in.getFirst();
      Tensor y = out.getFirst();
      cpu.split(y.shape().elements(), width, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(8L * BLOCK);
        for (long row = begin; row < end; row++) {
          float value = row(loops, x, row, spare);
          Cells.setFloat(spare, value);
          long to = y.address() + row * y.dtype().unitBytes();
          if (y.dtype() == DType.F32) Cells.setFloat(to, value);
          else
            loops.narrow(y.dtype(), spare, to, 1);
        }
      });
    }

    /// In blocks, whose sums are added in order.
    private float row(Loops loops, Tensor x, long row, long spare) {
      float max = Float.NEGATIVE_INFINITY;
      for (long at = 0; at < width; at += BLOCK) {
        int n = (int) Math.min(BLOCK, width - at);
        max = Math.max(max, loops.max(block(loops, x, row * width + at, spare, n), n));
      }
      // an infinite maximum must not be subtracted from itself
      float shift = Float.isInfinite(max) ? 0 : max;
      double sum = 0;
      for (long at = 0; at < width; at += BLOCK) {
        int n = (int) Math.min(BLOCK, width - at);
        sum += loops.exp(block(loops, x, row * width + at, spare, n), shift, spare + 4L * BLOCK, n);
      }
      return (float) (StrictMath.log(sum) + shift);
    }

    private static long block(Loops loops, Tensor x, long at, long spare, int n) {
      long from = x.address() + at * x.dtype().unitBytes();
      if (x.dtype() == DType.F32) return from;
      loops.widen(x.dtype(), from, spare, n);
      return spare;
    }
  }
}
