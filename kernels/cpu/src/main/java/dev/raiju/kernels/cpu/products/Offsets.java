package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import java.lang.foreign.Arena;

/// Tables of the places of a row's elements, as [MicroKernels#multiply] reads them.
final class Offsets {
  private Offsets() {}

  /// A table for the whole life of the process: element `k` is `k · bytes` on.
  static long evenly(int count, int bytes) {
    long table = Arena.global().allocate(4L * count, 64).address();
    for (int k = 0; k < count; k++) Cells.setInt(table + 4L * k, k * bytes);
    return table;
  }
}
