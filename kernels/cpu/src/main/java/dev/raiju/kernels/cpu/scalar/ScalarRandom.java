package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Philox;

/// Random numbers, one at a time.
public final class ScalarRandom {
  private ScalarRandom() {}

  public static void philox(long seed, long stream, long first, long y, int blocks) {
    int[] block = new int[4];
    for (int i = 0; i < blocks; i++) {
      Philox.counter(block, stream, (first + i) << 2);
      Philox.block(seed, block);
      for (int k = 0; k < 4; k++) Cells.setInt(y + 16L * i + 4L * k, block[k]);
    }
  }

  public static void normal(long bits, long y, int n) {
    for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, Philox.normal(Cells.getInt(bits + 4L * i)));
  }

  public static void uniform(long bits, long y, int n) {
    for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, Philox.uniform(Cells.getInt(bits + 4L * i)));
  }
}
