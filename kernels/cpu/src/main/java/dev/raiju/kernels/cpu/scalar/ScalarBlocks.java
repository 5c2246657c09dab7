package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Cells;

/// Codes of a block to f32, `scale · code + bias`, one at a time.
public final class ScalarBlocks {
  private ScalarBlocks() {}

  public static void eights(long codes, float scale, float bias, long y, int n) {
    for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, Math.fma(scale, Cells.getByte(codes + i) & 0xff, bias));
  }

  public static void fours(long codes, float scale, float bias, long y, int n) {
    for (int i = 0; i < n; i += 2) {
      int both = Cells.getByte(codes + i / 2);
      Cells.setFloat(y + 4L * i, Math.fma(scale, both & 15, bias));
      Cells.setFloat(y + 4L * i + 4, Math.fma(scale, both >> 4 & 15, bias));
    }
  }
}
