package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.getInt;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setInt;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.TileProduct;

/// Products of 8 bits, one element at a time.
///
/// @param lines how factors lie
public record ScalarBytes(ByteLines lines) implements TileProduct {
  /// Rows whose numbers are all smaller count as zeros: there 127 / largest would be infinite.
  public static final float LEAST = 1e-30f;

  /// See [dev.raiju.kernels.cpu.products.MicroKernels#quantize].
  public static float quantize(long x, int n, int group, long line) {
    float largest = 0;
    for (int i = 0; i < n; i++) largest = Math.max(largest, Math.abs(getFloat(x + 4L * i)));
    float inverse = inverse(largest);
    long to = line;
    for (int g = 0; g < n; g += group) {
      int sum = 0;
      for (int i = 0; i < group; i++) {
        int code = (int) Math.rint(getFloat(x + 4L * (g + i)) * inverse);
        Cells.setByte(to + i, (byte) code);
        sum += code;
      }
      setFloat(to + group, (float) sum);
      setInt(to + group + 4, 0);
      to += group + 8;
    }
    return step(largest);
  }

  /// What numbers are multiplied with to become codes.
  public static float inverse(float largest) { return largest >= LEAST && largest <= Float.MAX_VALUE ? 127 / largest : 0; }

  /// What codes are multiplied with to become numbers again; NaN where a number was not finite.
  public static float step(float largest) {
    if (!(largest <= Float.MAX_VALUE)) return Float.NaN;
    return largest >= LEAST ? largest / 127 : 0;
  }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        long to = c + r * cBytes + 4L * j;
        setFloat(to, sum(a + r * rowBytes, b + 4L * j, bBytes, depth, add ? getFloat(to) : 0));
      }
    }
  }

  private float sum(long a, long b, long bBytes, int depth, float before) {
    float sum = before;
    for (int k = 0; k < depth; k += lines.words()) {
      int whole = 0;
      for (int q = k; q < k + lines.quads(); q++) whole += dot(getInt(a + 4L * q), getInt(b + q * bBytes));
      int end = k + lines.quads();
      sum = Math.fma((float) whole, getFloat(b + end * bBytes), sum);
      sum = Math.fma(getFloat(a + 4L * end), getFloat(b + (end + 1) * bBytes), sum);
    }
    return sum;
  }

  /// Four products of a signed and an unsigned code.
  private static int dot(int signed, int unsigned) {
    int sum = 0;
    for (int shift = 0; shift < 32; shift += 8) sum += (byte) (signed >> shift) * (unsigned >>> shift & 0xff);
    return sum;
  }
}
