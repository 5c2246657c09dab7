package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import java.util.Optional;

/// A matrix product to be computed: `c[i, j] = finish(Σₖ left[i, k] · right[k, j])`, row-major.
///
/// @param left its lines are rows
/// @param right its lines are columns
/// @param c the address of the result
/// @param cType f32, f16 or bf16
/// @param lower whether what is above the diagonal is not wanted: it may be written or not
record Product(Factor left, Factor right, long c, DType cType, int rows, int columns, int depth, Finish finish, boolean lower) {
  /// A product of which everything is wanted.
  Product(Factor left, Factor right, long c, DType cType, int rows, int columns, int depth, Finish finish) {
    this(left, right, c, cType, rows, columns, depth, finish, false);
  }

  /// A product of these sizes that lies nowhere: for asking what it takes.
  static Product sized(Factor left, Factor right, DType cType, long rows, long columns, long depth) {
    return new Product(left, right, 0, cType, Math.toIntExact(rows), Math.toIntExact(columns), Math.toIntExact(depth),
        Finish.NONE);
  }

  /// How many words of [TileProduct] a sum has: elements, of a product of 8 bits words of [ByteLines], or pairs of bf16 if both
  /// factors are of it and pairs can be multiplied.
  int words(MicroKernels micro) { return inPairs(micro) ? (depth + 1) / 2 : depth; }

  boolean inPairs(MicroKernels micro) { return left.isBf16() && right.isBf16() && micro.pairs().isPresent(); }

  /// How factors lie if the product is one of 8 bits.
  Optional<ByteLines> bytes() {
    return right.rounding() == DType.I8 ? Optional.of(new ByteLines(right.type().unit())) : Optional.empty();
  }

  /// Where sums may be cut: words.
  int unit() { return bytes().map(ByteLines::words).orElse(1); }

  long cAt(long row, long column) { return c + cType.unitBytes() * (row * columns + column); }

  long cBytes() { return (long) cType.unitBytes() * columns; }
}
