package dev.raiju.kernels.cpu.products;

/// Memory that is handed out piece by piece.
interface Pieces {
  /// The address of a piece for `floats` f32 numbers, aligned to a cache line, with undefined contents.
  long take(long floats);
}
