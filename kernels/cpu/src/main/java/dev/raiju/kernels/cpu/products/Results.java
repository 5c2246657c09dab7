package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// Brings results from scratch memory to where they belong.
final class Results {
  private Results() {}

  /// `y[j, i] = x[i, j]`, rounded to `type`.
  ///
  /// @param staging room for the whole of `x`
  /// @param step elements from a row of `y` to the next
  static void transposed(MicroKernels micro, long x, long xBytes, int rows, int columns, long staging, DType type, long y,
      long step) {
    if (type == DType.F32) {
      micro.transpose(x, xBytes, y, 4 * step, rows, columns);
      return;
    }
    micro.transpose(x, xBytes, staging, 4L * rows, rows, columns);
    for (int j = 0; j < columns; j++) micro.narrow(type, staging + 4L * j * rows, y + type.unitBytes() * step * j, rows);
  }

  /// `y[i, j] = x[i, j] · factor`, rounded to `type`; `x` is overwritten.
  ///
  /// @param step elements from a row of `y` to the next
  static void scaled(MicroKernels micro, long x, long xBytes, int rows, int columns, float factor, DType type, long y,
      long step) {
    if (type == DType.F32) {
      micro.scaled(x, xBytes, y, 4 * step, rows, columns, factor);
      return;
    }
    micro.scaled(x, xBytes, x, xBytes, rows, columns, factor);
    for (int i = 0; i < rows; i++) micro.narrow(type, x + xBytes * i, y + type.unitBytes() * step * i, columns);
  }
}
