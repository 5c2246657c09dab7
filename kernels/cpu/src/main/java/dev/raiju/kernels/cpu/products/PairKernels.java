package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// Products of bf16 with sums in f32, two multiplications at a time: a word holds two elements that are neighbours along the sum,
/// the earlier one in its lower half.
///
/// A sum is one chain over the pairs in ascending order; how a pair is rounded is the processor's own way, and subnormal numbers
/// count as zero. Panels and tiles are those of the [MicroKernels] that these belong to; of results exactly what is named is read
/// and written.
public interface PairKernels extends TileProduct {
  /// `y[i, k] = x[i, k]` rounded to bf16, and a zero behind an odd number of columns.
  ///
  /// @param x f32
  void narrow(long x, long xBytes, long y, long yBytes, int rows, int columns);

  /// `y[i, j] = (even[i, j], odd[i, j])`, rounded to bf16.
  ///
  /// @param type of `even` and `odd`, f32 or bf16
  /// @param xBytes from a row of `even` or `odd` to the next
  void pair(DType type, long even, long odd, long xBytes, long y, long yBytes, int rows, int columns);
}
