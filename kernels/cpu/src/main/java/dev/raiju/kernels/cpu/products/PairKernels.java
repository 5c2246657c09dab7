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

  /// As [MicroKernels#softmax], and exponentials become pairs, two keys in a word: row `i` holds those of keys `2 i` and `2 i + 1`,
  /// a zero behind the last of an odd number. Sums are those of f32.
  void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor);

  /// As [MicroKernels#scoreGradients] for whole panels, rounded to bf16. Probabilities take the place of scores, in lines of a word
  /// for two queries, and their gradients become such lines, too. In place of `d` they are words of two keys, in rows as before.
  ///
  /// @param lines for the gradients, as long as those of probabilities: half a row of `s`
  void scoreGradients(long s, long d, long bytes, int keys, float scale, long logSumExp, long delta, long lines);
}
