package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// A matrix product to be computed: `c[i, j] = finish(Σₖ left[i, k] · right[k, j])`, row-major.
///
/// @param left its lines are rows
/// @param right its lines are columns
/// @param c the address of the result
/// @param cType f32, f16 or bf16
record Product(Factor left, Factor right, long c, DType cType, int rows, int columns, int depth, Finish finish) {
  long cAt(long row, long column) { return c + cType.unitBytes() * (row * columns + column); }

  long cBytes() { return (long) cType.unitBytes() * columns; }
}
