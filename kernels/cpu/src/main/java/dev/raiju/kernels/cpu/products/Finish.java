package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// What is done to a product once its sums are whole, part by part while a part is in the cache.
@FunctionalInterface
interface Finish {
  Finish NONE = (_, _) -> {
  };

  /// A part of a product in f32.
  ///
  /// @param c where it lies
  /// @param cBytes from a row to the next there
  /// @param row of the product that it begins with
  /// @param column of the product that it begins with
  record Part(long c, long cBytes, long row, long column, int rows, int columns) {}

  void apply(MicroKernels micro, Part part);

  /// This, then another.
  default Finish then(Finish next) {
    return (micro, part) -> {
      apply(micro, part);
      next.apply(micro, part);
    };
  }

  /// `c + bias`.
  ///
  /// @param bias the address of a row of f32, or 0 for none
  static Finish bias(long bias) {
    if (bias == 0) return NONE;
    return (micro, p) -> micro.addBias(bias + 4 * p.column(), p.c(), p.cBytes(), p.rows(), p.columns());
  }

  /// `c · step`, one step for each row of the product.
  static Finish steps(long steps) {
    return (micro, p) -> micro.scaleRows(steps + 4 * p.row(), p.c(), p.cBytes(), p.rows(), p.columns());
  }

  /// `gelu(c)`, the tanh form.
  static Finish gelu() { return (micro, p) -> micro.gelu(p.c(), p.cBytes(), p.rows(), p.columns()); }

  /// `c · gelu(gate)`.
  ///
  /// @param gate a matrix of f32 as large as the product
  static Finish gate(long gate, long gateBytes) {
    return (micro, p) -> micro.gate(gate + p.row() * gateBytes + 4 * p.column(), gateBytes, p.c(), p.cBytes(), p.rows(), p
        .columns());
  }

  /// `a · c + b · other`.
  ///
  /// @param other a matrix of f32 as large as the product
  static Finish blend(float a, float b, long other, long otherBytes) {
    return (micro, p) -> micro.blend(a, p.c(), p.cBytes(), b, other + p.row() * otherBytes + 4 * p.column(), otherBytes, p.rows(),
        p
            .columns());
  }

  /// Stores what there is now, and leaves it as it is.
  ///
  /// @param to a matrix as large as the product, without gaps
  /// @param type f32, f16 or bf16
  /// @param columns of the product
  static Finish keep(long to, DType type, int columns) {
    long pitch = (long) columns * type.unitBytes();
    return (micro, p) -> {
      long at = to + p.row() * pitch + p.column() * type.unitBytes();
      if (type == DType.F32) micro.copy(p.c(), p.cBytes(), at, pitch, p.rows(), p.columns());
      else
        if (type == DType.BF16 && micro.pairs().isPresent() && p.columns() % 2 == 0)
          micro.pairs().get().narrow(p.c(), p.cBytes(), at, pitch, p.rows(), p.columns());
      else
          for (int r = 0; r < p.rows(); r++) micro.narrow(type, p.c() + r * p.cBytes(), at + r * pitch, p.columns());
    };
  }
}
