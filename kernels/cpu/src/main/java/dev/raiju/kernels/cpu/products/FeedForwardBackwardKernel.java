package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// The gradients of a feed-forward network. The first product, `dy · w₂`, leaves what the other three multiply, activations and
/// gradients of the hidden rows, in the type that they multiply: each is computed, rounded and stored while its strip is in the
/// cache.
record FeedForwardBackwardKernel(Products products, Loops loops, DType compute) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) {
    return switch (index) {
      case 0 -> LinearKernel.rows(layout).isPresent();
      case 1, 2 -> true;
      default -> layout.isContiguous();
    };
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor hidden = in.get(3);
    int width = Math.toIntExact(in.get(0).size(-1));
    int inner = Math.toIntExact(hidden.size(-1));
    int rows = Math.toIntExact(hidden.shape().slice(0, hidden.rank() - 1).elements());
    DType type = compute == DType.BF16 ? DType.BF16 : DType.F32;
    try (Scratch scratch = new Scratch()) {
      long floats = ((long) rows * inner * type.unitBytes() + 3) / 4;
      long activations = scratch.take(floats);
      long gradients = scratch.take(floats);
      Factor dy = LinearKernel.left(in.get(4), compute);
      Factor d = Factor.of(gradients, type, inner, 1).rounded(compute);
      Factor a = Factor.of(activations, type, inner, 1).rounded(compute);
      Finish finish = (micro, part) -> finish(micro, part, hidden, inner, activations, type);
      if (rows > 0 && inner > 0)
        products.run(new Product(dy, columns(in.get(2)), gradients, type, rows, inner, width, finish));
      multiply(d, columns(in.get(1)), out.get(0), rows, width, inner);
      multiply(turned(d), turned(LinearKernel.left(in.get(0), compute)), out.get(1), inner, width, rows);
      multiply(turned(dy), turned(a), out.get(3), width, inner, rows);
      ColumnSums sums = new ColumnSums(products.workers(), loops);
      sums.run(gradients, type, rows, inner, out.get(2));
      sums.run(in.get(4).address(), in.get(4).dtype(), rows, width, out.get(4));
    }
  }

  private void multiply(Factor left, Factor right, Tensor to, int rows, int columns, int depth) {
    if (to.shape().elements() == 0) return;
    products.run(new Product(left, right, to.address(), to.dtype(), rows, columns, depth, Finish.NONE));
  }

  /// The columns of a weight as lines.
  private Factor columns(Tensor w) { return turned(LinearKernel.weight(w, compute)); }

  private static Factor turned(Factor f) {
    return Factor.of(f.address(), f.type(), f.depthStride(), f.lineStride()).rounded(f.rounding());
  }

  /// `c = c · gelu'(h)`, and `gelu(h)` to where activations are.
  private void finish(MicroKernels micro, Finish.Part p, Tensor hidden, int inner, long activations, DType type) {
    try (Scratch scratch = new Scratch()) {
      long h = scratch.take((long) p.rows() * p.columns());
      long a = scratch.take((long) p.rows() * p.columns());
      long place = p.row() * inner + p.column();
      long rowBytes = 4L * p.columns();
      for (int r = 0; r < p.rows(); r++) {
        long from = hidden.address() + (place + (long) r * inner) * hidden.dtype().unitBytes();
        micro.widen(hidden.dtype(), from, h + r * rowBytes, p.columns());
      }
      // rows of a strip of our own lie one after the other
      int pieces = p.cBytes() == rowBytes ? 1 : p.rows();
      int n = p.rows() * p.columns() / pieces;
      for (int r = 0; r < pieces; r++) {
        long c = p.c() + r * p.cBytes();
        loops.geluAndGradient(h + r * rowBytes, c, a + r * rowBytes, c, n);
      }
      Finish.keep(activations, type, inner).apply(micro, new Finish.Part(a, rowBytes, p.row(), p.column(), p.rows(), p
          .columns()));
    }
  }
}
