package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Expr.BinaryFunction;

/// Sums of the columns of a matrix: the gradient of a bias.
///
/// Rows are cut into parts by their number alone; a part adds its rows in order, then the parts are added in order.
record ColumnSums(Products.Workers workers, Loops loops) {
  /// Rows of a part at least.
  private static final int LEAST_ROWS = 64;
  /// Columns that are walked together: their sums stay in the first-level cache.
  private static final int COLUMNS = 1024;

  /// @param from the matrix, without gaps
  /// @param type f32, f16 or bf16
  void run(long from, DType type, int rows, int columns, Tensor out) {
    // with as many parts as a part has rows, rounding errors grow with the root of their number
    int part = Math.max(LEAST_ROWS, (int) Math.ceil(Math.sqrt(rows)));
    int parts = Math.max(1, (rows + part - 1) / part);
    int cuts = (columns + COLUMNS - 1) / COLUMNS;
    try (Scratch scratch = new Scratch()) {
      long sums = scratch.take((long) parts * columns);
      workers.run(parts * cuts, chunk -> {
        int column = chunk % cuts * COLUMNS;
        int n = Math.min(COLUMNS, columns - column);
        int first = chunk / cuts * part;
        long to = sums + 4 * ((long) (chunk / cuts) * columns + column);
        Cells.clear(to, 4L * n);
        try (Scratch own = new Scratch()) {
          long spare = own.take(n);
          for (int row = first; row < Math.min(rows, first + part); row++) {
            long x = from + ((long) row * columns + column) * type.unitBytes();
            if (type != DType.F32) loops.widen(type, x, spare, n);
            loops.binary(BinaryFunction.ADD, to, type == DType.F32 ? x : spare, to, n);
          }
        }
      });
      for (int i = 1; i < parts; i++) loops.binary(BinaryFunction.ADD, sums, sums + 4L * i * columns, sums, columns);
      if (out.dtype() == DType.F32) Cells.copy(sums, out.address(), 4L * columns);
      else
        loops.narrow(out.dtype(), sums, out.address(), columns);
    }
  }
}
