package dev.raiju.kernels.cpu.products;

/// The innermost loop of products, over words of 32 bits: f32 numbers, or pairs of bf16 that are neighbours along the sum.
public interface TileProduct {
  /// `c[r, j] = c0[r, j] + Σₖ a[r, k] · b[k, j]`, a strip of one panel; `c0` is what `c` holds, or +0.
  ///
  /// Element `a[r, k]` is at `a + t · tileBytes + i · rowBytes + offsets[k]` for row `i` of tile `t`: a matrix packed tile by
  /// tile, rows anywhere, or the pixels under a convolution's tap.
  ///
  /// @param offsets bytes, as i32
  /// @param bBytes from a row of `b` to the next
  /// @param cBytes from a row of `c` to the next
  /// @param depth in words
  /// @param add whether `c0` is what `c` holds
  void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add);
}
