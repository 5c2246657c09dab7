package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.PackedBlocks;
import java.util.Optional;

/// The innermost loops of products, attention and convolutions, on one thread: all of them that differs between processors.
///
/// Every `long` is an absolute address, or, where its name ends in `Bytes`, a distance in memory; memory is f32 unless a type is
/// given. Nothing is checked. Every provider computes the same bits in f32: an element of a product is one chain of
/// fused multiply-adds in ascending order, and functions are those of [dev.raiju.kernels.cpu.scalar.ScalarMath].
///
/// Products come in **tiles** of [#tileRows] rows, which share what they read of the right factor, and in **panels** of
/// [#panelColumns] columns, which share what they read of the left one. A part of a tile or a panel is computed as if it
/// were whole: what lies behind it is read and written too, so it must be memory of one's own.
public interface MicroKernels extends TileProduct, PackedBlocks.Widening {
  /// The name of the provider, as the property `raiju.cpu.provider` takes it.
  String provider();

  /// How many f32 numbers are computed at once.
  int lanes();

  int tileRows();

  int panelColumns();

  /// The columns that are read and written for a panel of `columns` columns.
  int width(int columns);

  /// Whether [#multiply] reads and writes of `c` exactly what is named, so that results need no memory of one's own.
  default boolean exact() { return false; }

  /// The rows that are read and written for `rows` rows.
  default int wholeTiles(int rows) { return (rows + tileRows() - 1) / tileRows() * tileRows(); }

  /// Products of bf16, where there are instructions for them; elsewhere factors are rounded to bf16 and multiplied as f32.
  default Optional<PairKernels> pairs() { return Optional.empty(); }

  /// Products of 8 bits with whole sums of each group: `c = c0 + Σ (scale · Σ a · b + bias · Σ a)` over groups, ascending, of which
  /// `Σ a · b` and `Σ a` are exact. Depths are words of whole groups, rows follow each other every `rowBytes`; of `c` exactly what
  /// is named is read and written, of `b` whole vectors of columns are read. Every provider gives the same bits.
  TileProduct bytes(ByteLines lines);

  /// A row of f32 as a line of codes: each number in steps of a 127th of the largest magnitude, rounded to nearest even. Rows
  /// without a number of 1e-30 or more are zeros.
  ///
  /// @param n a multiple of the group
  /// @param group a multiple of 32
  /// @param line see [ByteLines]
  /// @return the step; NaN if a number is not finite
  float quantize(long x, int n, int group, long line);

  // ---- packing: exactly what is named is read and written

  /// `y[j, i] = x[i, j]`.
  void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns);

  /// `y[i, j] = x[i, j]`.
  void copy(long x, long xBytes, long y, long yBytes, int rows, int columns);

  /// From `type` to f32.
  ///
  /// @param type f32, f16 or bf16
  void widen(DType type, long x, long y, int n);

  /// From f32 to `type`, rounded to nearest even.
  ///
  /// @param type f32, f16 or bf16
  void narrow(DType type, long x, long y, int n);

  /// `y[i] = scale · code[i] + bias`, by one fused multiply-add.
  ///
  /// @param bits of a code, 4 or 8; lowest bits first
  /// @param n a multiple of 32
  void expand(int bits, long codes, float scale, float bias, long y, int n);

  // ---- what is done to a strip of a product: exactly what is named is read and written

  /// `c[i, j] += bias[j]`.
  void addBias(long bias, long c, long cBytes, int rows, int columns);

  /// `c[i, j] = c[i, j] · factor[i]`.
  void scaleRows(long factor, long c, long cBytes, int rows, int columns);

  /// `c = gelu(c)`, the tanh form.
  void gelu(long c, long cBytes, int rows, int columns);

  /// `c = c · gelu(gate)`.
  void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns);

  /// `c = a · c + b · other`, the second product rounded first.
  void blend(float a, long c, long cBytes, float b, long other, long otherBytes, int rows, int columns);

  // ---- attention: scores `[keys, width]`, a column for each query of a panel

  /// `s = s · scale + extra`, -∞ where `extra` is.
  ///
  /// @param extra laid out as `s`
  void addToScores(long s, long sBytes, long extra, int keys, int width, float scale);

  /// A block of a running softmax: `max[j]` becomes the largest of itself and `scale · s[i, j]`, `factor = exp(before - max)`,
  /// `s = exp(scale · s - max[j])`, `sum = sum · factor` plus the sum of the new `s`, key by key. Where all is -∞, `s` and `factor`
  /// are 0.
  void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor);

  /// `inverse = 1 / sum`, 0 where nothing was seen, and `logSumExp = max + log(sum)`, there -∞.
  void finishSums(long max, long sum, long inverse, long logSumExp, int width);

  /// `y[i, j] = y[i, j] · factor[j]`.
  void scaleColumns(long y, long yBytes, int rows, int width, long factor);

  /// Probabilities and the gradients of scores: `s = exp(scale · s - logSumExp[j])`, then `d = s · (d - delta[j])`.
  ///
  /// @param d laid out as `s`
  /// @param logSumExp ∞ for a query that sees nothing
  void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta);

  /// `y[i, j] = x[i, j] · factor`; exactly what is named is read and written.
  void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor);
}
