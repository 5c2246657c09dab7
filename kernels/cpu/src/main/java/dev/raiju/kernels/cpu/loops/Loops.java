package dev.raiju.kernels.cpu.loops;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Loops over blocks of contiguous memory: all that kernels need of a processor, on one thread.
///
/// Every `long` is an absolute address, every `n` counts elements. Blocks are f32 unless a type is given; a bool in a block of
/// f32 is 0 or 1. An output may be one of the inputs, but must not overlap one otherwise. Both implementations give the same
/// bits: each function is the same sequence of f32 operations.
///
/// **Sums** run over 16 virtual lanes: element `i` of the whole groups of 16 joins lane `i mod 16`, then lanes `i` and `i + 8`
/// are joined, `i` and `i + 4`, and so on, and the elements after the last whole group follow one by one.
public interface Loops {
  /// The virtual lanes of sums.
  int LANES = 16;

  /// The name of the provider, as the property `raiju.cpu.provider` takes it.
  String provider();

  /// How many f32 numbers are computed at once.
  int lanes();

  // ---- element by element

  void unary(UnaryFunction function, long x, long y, int n);

  void activation(Activation function, long x, long y, int n);

  /// `y = gelu'(x) · g`, the tanh form.
  void geluGradient(long x, long g, long y, int n);

  /// `a = gelu(x)` and `y = gelu'(x) · g`, the tanh form: the bits of the loops that compute one of them.
  void geluAndGradient(long x, long g, long a, long y, int n);

  void binary(BinaryFunction function, long a, long b, long y, int n);

  /// `y = a · b + c`, rounded once.
  void multiplyAdd(long a, long b, long c, long y, int n);

  /// `y = c - a · b`, rounded once.
  void subtractProduct(long a, long b, long c, long y, int n);

  /// `y = condition ≠ 0 ? yes : no`.
  void select(long condition, long yes, long no, long y, int n);

  void fill(float value, long y, int n);

  /// `y = (x - centre) · a + b`, the last two in one rounding.
  void affine(long x, float centre, float a, float b, long y, int n);

  /// `y = a · x + b · z`, the second product rounded first.
  void mix(float a, long x, float b, long z, long y, int n);

  // ---- types

  /// From `type` to f32.
  ///
  /// @param type f16, bf16, bool, i8 or u8
  void widen(DType type, long x, long y, int n);

  /// From f32 to `type`, rounded to nearest even; to bool: whether it is not 0.
  ///
  /// @param type f16, bf16 or bool
  void narrow(DType type, long x, long y, int n);

  // ---- sums of a row

  /// `Σ x`.
  float sum(long x, int n);

  /// `Σ (x - centre)²`.
  float squares(long x, float centre, int n);

  /// `Σ g · (x - centre)`.
  float dot(long g, long x, float centre, int n);

  /// The largest element, -∞ of nothing, NaN if there is one.
  float max(long x, int n);

  /// The smallest element, ∞ of nothing, NaN if there is one.
  float min(long x, int n);

  /// `y = exp(x - shift)`, and the sum of `y`.
  float exp(long x, float shift, long y, int n);

  // ---- rows of norms

  /// `y = (x - mean) · inverse · w`.
  void normalize(long x, float mean, float inverse, long w, long y, int n);

  /// `y = (x - mean) · inverse · w + b`, the last two in one rounding.
  void normalize(long x, float mean, float inverse, long w, long b, long y, int n);

  /// `y = inverse · (g - meanG - m · meanGm)` with `m = (x - mean) · inverse`.
  void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n);

  // ---- others

  /// Rotates neighbouring pairs: `y = x · cos + swapped(x) · sin`, where `sin` holds `-s` at even places and `s` at odd ones, and
  /// `cos` every cosine twice. `n` is even.
  void rotate(long x, long cos, long sin, long y, int n);

  /// One step of AdamW on `n` parameters.
  void adamw(AdamWStep step, long p, long m, long v, long g, int n);

  /// Philox words of `blocks` consecutive counters from `first` on, four i32 a block, in order.
  ///
  /// @param spare room for as much again
  void philox(long seed, long stream, long first, long spare, long y, int blocks);

  /// From i32 random bits to standard normal numbers, as [dev.raiju.tensor.Philox#normal].
  ///
  /// @param spare room for as much again
  void normal(long bits, long spare, long y, int n);

  /// From i32 random bits to numbers in (0, 1), as [dev.raiju.tensor.Philox#uniform].
  void uniform(long bits, long y, int n);
}
