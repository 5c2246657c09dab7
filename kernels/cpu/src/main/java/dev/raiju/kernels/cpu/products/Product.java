package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// A matrix product to be computed: `c[i, j] = finish(Σₖ left[i, k] · right[k, j])`, row-major.
///
/// @param left its lines are rows
/// @param right its lines are columns
/// @param c the address of the result
/// @param cType f32, f16 or bf16
record Product(Factor left, Factor right, long c, DType cType, int rows, int columns, int depth, Finish finish) {
  /// A product of these sizes that lies nowhere: for asking what it takes.
  static Product sized(DType cType, long rows, long columns, long depth) {
    Factor nowhere = Factor.of(0, DType.F32, 0, 0);
    return new Product(nowhere, nowhere, 0, cType, Math.toIntExact(rows), Math.toIntExact(columns), Math.toIntExact(depth),
        Finish.NONE);
  }

  long cAt(long row, long column) { return c + cType.unitBytes() * (row * columns + column); }

  long cBytes() { return (long) cType.unitBytes() * columns; }
}
