package dev.raiju.kernels.cpu.vector;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.TileProduct;
import dev.raiju.kernels.cpu.scalar.ScalarBlocks;
import dev.raiju.kernels.cpu.scalar.ScalarScores;
import dev.raiju.kernels.cpu.scalar.ScalarStrips;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.PackedBlocks;
import java.lang.foreign.Arena;

/// The Vector API, in whatever width the JVM prefers. Only to be linked where the module `jdk.incubator.vector` is there.
public final class VectorMicroKernels implements MicroKernels {
  private static final Loops LOOPS = new VectorLoops();
  private static final int PANEL = 2 * Lanes.COUNT;
  // 16 accumulators want 32 registers: those of AVX-512 and of 64-bit ARM; the 16 of AVX2 hold 8
  private static final int TILE = Lanes.COUNT == 16 || System.getProperty("os.arch").equals("aarch64") ? 8 : 4;
  private static final long ZEROS = Arena.global().allocate(4L * PANEL, 64).address();

  public VectorMicroKernels() {}

  @Override
  public String provider() { return "vector"; }

  @Override
  public int lanes() { return Lanes.COUNT; }

  @Override
  public int tileRows() { return TILE; }

  @Override
  public int panelColumns() { return PANEL; }

  // one vector of columns has as many accumulators as rows: four would wait for each other
  @Override
  public int width(int columns) { return TILE == 8 && columns <= Lanes.COUNT ? Lanes.COUNT : PANEL; }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    boolean narrow = width(columns) == Lanes.COUNT;
    for (int r = 0; r < rows; r += TILE) {
      long tile = a + r / TILE * tileBytes;
      long to = c + r * cBytes;
      long from = add ? to : ZEROS;
      long fromBytes = add ? cBytes : 0;
      if (narrow) {
        VectorTiles.tile8x1(tile, rowBytes, offsets, b, bBytes, from, fromBytes, to, cBytes, depth);
      } else if (rows - r <= 4 || TILE == 4) {
        VectorTiles.tile4x2(tile, rowBytes, offsets, b, bBytes, from, fromBytes, to, cBytes, depth);
      } else {
        VectorTiles.tile8x2(tile, rowBytes, offsets, b, bBytes, from, fromBytes, to, cBytes, depth);
      }
    }
  }

  @Override
  public TileProduct bytes(ByteLines lines) { return new VectorBytes(lines); }

  @Override
  public float quantize(long x, int n, int group, long line) { return VectorBytes.quantize(x, n, group, line); }

  @Override
  public void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    VectorTranspose.transpose(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    VectorPacking.copy(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void widen(DType type, long x, long y, int n) {
    if (type == DType.F32) Cells.copy(x, y, 4L * n);
    else
      LOOPS.widen(type, x, y, n);
  }

  @Override
  public void narrow(DType type, long x, long y, int n) {
    if (type == DType.F32) Cells.copy(x, y, 4L * n);
    else
      LOOPS.narrow(type, x, y, n);
  }

  @Override
  public void expand(int bits, long codes, float scale, float bias, long y, int n) {
    if (bits == 4) VectorBlocks.fours(codes, scale, bias, y, n);
    else if (Lanes.COUNT >= 8) VectorBlocks.eights(codes, scale, bias, y, n);
    else
      ScalarBlocks.eights(codes, scale, bias, y, n);
  }

  @Override
  public void widen(long low, int lowShift, int lowMask, long high, int highShift, int highMask, float scale, float bias, long y,
      int n) {
    if (Lanes.COUNT < 8) PackedBlocks.PLAIN.widen(low, lowShift, lowMask, high, highShift, highMask, scale, bias, y, n);
    else if (highMask == 0) VectorBlocks.packed(low, lowShift, lowMask, scale, bias, y, n);
    else
      VectorBlocks.packed(low, lowShift, lowMask, high, highShift, highMask, scale, bias, y, n);
  }

  @Override
  public void addBias(long bias, long c, long cBytes, int rows, int columns) {
    int whole = Lanes.whole(columns);
    for (int r = 0; r < rows; r++) {
      long row = c + r * cBytes;
      VectorStrips.addBias(bias, row, whole);
      ScalarStrips.addBias(bias + 4L * whole, row + 4L * whole, columns - whole);
    }
  }

  @Override
  public void scaleRows(long factor, long c, long cBytes, int rows, int columns) {
    int whole = Lanes.whole(columns);
    for (int r = 0; r < rows; r++) {
      float f = Cells.getFloat(factor + 4L * r);
      long row = c + r * cBytes;
      VectorStrips.scale(f, row, whole);
      ScalarStrips.scale(f, row + 4L * whole, columns - whole);
    }
  }

  @Override
  public void gelu(long c, long cBytes, int rows, int columns) {
    int whole = Lanes.whole(columns);
    for (int r = 0; r < rows; r++) {
      long row = c + r * cBytes;
      VectorStrips.gelu(row, whole);
      ScalarStrips.gelu(row + 4L * whole, columns - whole);
    }
  }

  @Override
  public void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns) {
    int whole = Lanes.whole(columns);
    for (int r = 0; r < rows; r++) {
      long open = gate + r * gateBytes;
      long row = c + r * cBytes;
      VectorStrips.gate(open, row, whole);
      ScalarStrips.gate(open + 4L * whole, row + 4L * whole, columns - whole);
    }
  }

  @Override
  public void blend(float a, long c, long cBytes, float b, long other, long otherBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) LOOPS.mix(a, c + r * cBytes, b, other + r * otherBytes, c + r * cBytes, columns);
  }

  @Override
  public void addToScores(long s, long sBytes, long extra, int keys, int width, float scale) {
    for (long j = 0; j < 4L * width; j += Lanes.BYTES) VectorScores.add(s + j, sBytes, extra + j, keys, scale);
  }

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    for (long j = 0; j < 4L * width; j += Lanes.BYTES) VectorScores.largest(s + j, sBytes, keys, scale, max + j, factor + j);
    // a few numbers: vectors of a method that seldom runs would be objects
    ScalarScores.change(width, max, sum, factor);
    for (long j = 0; j < 4L * width; j += Lanes.BYTES) VectorScores.exponentials(s + j, sBytes, keys, scale, max + j, sum + j);
  }

  @Override
  public void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
    ScalarScores.finishSums(max, sum, inverse, logSumExp, width);
  }

  @Override
  public void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    for (long j = 0; j < 4L * width; j += Lanes.BYTES) VectorScores.scaleColumns(y + j, yBytes, rows, factor + j);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    for (long j = 0; j < 4L * width; j += Lanes.BYTES)
      VectorScores.gradients(s + j, d + j, bytes, keys, scale, logSumExp + j, delta + j);
  }

  @Override
  public void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    VectorPacking.scaled(x, xBytes, y, yBytes, rows, columns, factor);
  }
}
