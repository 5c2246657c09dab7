package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Softmax and log-sum-exp along lines of a contiguous tensor.
final class SoftmaxKernels {
  private static final String FILE = "softmax";
  private static final int SHARED_BYTES = 32 * Float.BYTES;

  private SoftmaxKernels() {}

  private static Arguments lines(long lines, long size, long inner, Operand x, Operand y) {
    return new Arguments().whole(lines).whole(size).whole(inner).data(x).data(y);
  }

  record Softmax(Gpu gpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      if (x.elements() == 0) return;
      Shape shape = x.shape();
      long inner = shape.slice(axis + 1, shape.rank()).elements();
      long lines = x.elements() / shape.size(axis);
      var arguments = lines(lines, shape.size(axis), inner, x, Operand.of(out.getFirst()));
      String type = x.type().label();
      if (inner == 1)
        gpu.launch(FILE, "softmax_" + type, new Grid(Math.toIntExact(lines), 1, 1, Gpu.THREADS), SHARED_BYTES, arguments);
      else
        gpu.launch(FILE, "softmax_across_" + type, lines, arguments);
    }
  }

  /// Over the last axes, as one line.
  record LogSumExp(Gpu gpu, List<Integer> axes) implements Kernel {
    /// Whether the axes are the last ones.
    static boolean fits(List<Integer> axes, int rank) {
      return !axes.isEmpty() && axes.getFirst() == rank - axes.size();
    }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      Operand y = Operand.of(out.getFirst());
      long size = x.shape().slice(axes.getFirst(), x.shape().rank()).elements();
      gpu.launch(FILE, "log_sum_exp_" + x.type().label(), new Grid(Math.toIntExact(y.elements()), 1, 1, Gpu.THREADS),
          SHARED_BYTES,
          lines(y.elements(), size, 1, x, y));
    }
  }
}
