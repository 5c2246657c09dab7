package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.MuonStep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/// Steps of Muon: a matrix is the work of one thread if there are enough of them, and then stays in its cache for all fifteen
/// products.
///
/// With the shorter side first, `y = x xᵀ`, `z = B y + C y²` and `x ← A x + z x`, where the sums are part of the products. A tall
/// matrix is read as its transpose, and `x z` written in its place, since `z` is symmetric.
record MuonKernel(Products products, Loops loops, MuonStep op) implements Kernel {
  /// Elements that a pass over a matrix takes at once.
  private static final int PART = 1 << 12;

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    float rate = Cells.getFloat(in.getFirst().address());
    float factor = Cells.getFloat(in.getFirst().address() + 4);
    List<Matrix> matrices = new ArrayList<>();
    for (int i = 1; i < in.size(); i += 3) {
      Tensor p = in.get(i);
      if (p.shape().elements() > 0) matrices.add(new Matrix(p, in.get(i + 1).address(), in.get(i + 2).address()));
    }
    // the longest work first, so that threads end together
    matrices.sort(Comparator.comparingLong(matrix -> -matrix.elements()));
    if (matrices.size() < products.workers().threads()) matrices.forEach(matrix -> matrix.step(rate, factor, products::run));
    else
      products.workers().run(matrices.size(), i -> matrices.get(i).step(rate, factor, products::alone));
  }

  private final class Matrix {
    private final long p;
    private final long m;
    private final long g;
    private final int rows;
    private final int columns;
    private final int side;

    Matrix(Tensor p, long m, long g) {
      this.p = p.address();
      this.m = m;
      this.g = g;
      this.rows = Math.toIntExact(p.size(0));
      this.columns = Math.toIntExact(p.size(1));
      this.side = Math.min(rows, columns);
    }

    long elements() { return (long) rows * columns; }

    /// @param multiply on all threads, or on this one
    void step(float rate, float factor, Consumer<Product> multiply) {
      try (Scratch scratch = new Scratch()) {
        long x = scratch.take(elements());
        long next = scratch.take(elements());
        long y = scratch.take((long) side * side);
        long z = scratch.take((long) side * side);
        float beta = (float) op.beta();
        each((at, n) -> {
          loops.mix(beta, m + at, factor, g + at, m + at, n);
          loops.mix(beta, m + at, factor, g + at, x + at, n);
        });
        double[] squares = {0};
        each((at, n) -> squares[0] += loops.squares(x + at, 0, n));
        float inverse = (float) (1 / (Math.sqrt(squares[0]) + MuonStep.EPS));
        each((at, n) -> loops.affine(x + at, 0, inverse, 0, x + at, n));
        for (int round = 0; round < MuonStep.ROUNDS; round++) {
          long from = round % 2 == 0 ? x : next;
          round(from, round % 2 == 0 ? next : x, y, z, multiply);
        }
        long direction = MuonStep.ROUNDS % 2 == 0 ? x : next;
        float kept = (float) (1 - rate * op.weightDecay());
        float moved = (float) (-rate * Math.sqrt(Math.max(1, (double) rows / columns)));
        each((at, n) -> loops.mix(kept, p + at, moved, direction + at, p + at, n));
      }
    }

    private void round(long x, long next, long y, long z, Consumer<Product> multiply) {
      Factor lines = rows <= columns ? factor(x, columns, 1) : factor(x, 1, columns);
      int length = Math.max(rows, columns);
      symmetric(lines, y, length, Finish.NONE, multiply);
      Factor square = factor(y, side, 1);
      Finish quadratic = Finish.blend((float) MuonStep.C, (float) MuonStep.B, y, 4L * side);
      symmetric(square, z, side, quadratic, multiply);
      Finish finish = Finish.blend(1, (float) MuonStep.A, x, 4L * columns);
      Factor left = rows <= columns ? factor(z, side, 1) : factor(x, columns, 1);
      Factor right = rows <= columns ? factor(x, 1, columns) : factor(z, side, 1);
      multiply.accept(product(left, right, next, rows, columns, side, finish));
    }

    /// The product of a factor and its transpose: half of it is computed, and then mirrored.
    private void symmetric(Factor lines, long to, int depth, Finish finish, Consumer<Product> multiply) {
      multiply.accept(new Product(lines, lines, to, DType.F32, side, side, depth, finish, true));
      MicroKernels micro = products.micro();
      long bytes = 4L * side;
      for (int column = 0; column < side; column += micro.panelColumns()) {
        int next = Math.min(side, column + micro.panelColumns());
        micro.transpose(to + next * bytes + 4L * column, bytes, to + column * bytes + 4L * next, bytes, side - next, next
            - column);
      }
    }

    private Factor factor(long address, long lineStride, long depthStride) {
      return Factor.of(address, DType.F32, lineStride, depthStride).rounded(op.compute());
    }

    private static Product product(Factor left, Factor right, long to, int rows, int columns, int depth, Finish finish) {
      return new Product(left, right, to, DType.F32, rows, columns, depth, finish);
    }

    /// Goes through all elements, a part at a time.
    private void each(Part part) {
      for (long first = 0; first < elements(); first += PART) part.run(4 * first, (int) Math.min(PART, elements() - first));
    }
  }

  /// A part of a pass.
  @FunctionalInterface
  private interface Part {
    /// @param at bytes from the beginning of the matrix
    void run(long at, int n);
  }
}
