package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;

/// How the elements along one axis are joined.
interface Joining {
  /// The type of joined values.
  DType type();

  /// Into how many parts an axis of `size` is cut before its elements are joined; the parts are joined in turn. Depends on
  /// shapes alone, so that the order is the same for any number of threads.
  long parts(long size, long inner);

  /// Joins the middle axis of `[outer, size, inner]`, giving `[outer, parts, inner]`.
  void join(DType type, long from, long outer, long size, long inner, long to);

  /// Writes `n` joined values as the type of the result.
  void store(DType type, long from, long n, DType result, long to);
}
