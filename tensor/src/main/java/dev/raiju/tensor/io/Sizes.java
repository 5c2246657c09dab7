package dev.raiju.tensor.io;

/// Arithmetic on sizes and offsets that a file claims. Nothing wraps and nothing is negative: what does not fit in 63 bits
/// throws [ArithmeticException]. Readers compute such sizes here and nowhere else.
final class Sizes {
  private Sizes() {}

  static long add(long a, long b) { return Math.addExact(size(a), size(b)); }

  /// The product of `unit` and all `dims`. A size of 0 does not hide an overflow of the others: strides are products of those.
  static long product(long unit, long... dims) {
    long product = size(unit);
    boolean empty = false;
    for (long dim : dims) {
      empty |= size(dim) == 0;
      product = Math.multiplyExact(product, Math.max(1, dim));
    }
    return empty ? 0 : product;
  }

  /// `size` rounded up to a multiple of `alignment`, a power of two.
  static long pad(long size, long alignment) {
    if (alignment < 1 || Long.bitCount(alignment) != 1) throw new ArithmeticException(alignment + " is not a power of two");
    return Math.addExact(size(size), alignment - 1) & -alignment;
  }

  private static long size(long value) {
    if (value < 0) throw new ArithmeticException("negative size: " + value);
    return value;
  }
}
