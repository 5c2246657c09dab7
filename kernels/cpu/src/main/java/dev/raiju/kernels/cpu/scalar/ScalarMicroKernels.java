package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.TileProduct;
import dev.raiju.tensor.DType;

/// Plain Java, for where the vector module is missing.
public final class ScalarMicroKernels implements MicroKernels {
  private static final Loops LOOPS = new ScalarLoops();
  public ScalarMicroKernels() {}

  @Override
  public String provider() { return "scalar"; }

  @Override
  public int lanes() { return 1; }

  @Override
  public int tileRows() { return 1; }

  @Override
  public int panelColumns() { return ScalarPanels.COLUMNS; }

  @Override
  public int width(int columns) { return columns; }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    if (!add) {
      for (int r = 0; r < rows; r++) Cells.clear(c + r * cBytes, 4L * columns);
    }
    // a tile is one row
    ScalarPanels.multiply(a, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth);
  }

  @Override
  public TileProduct bytes(ByteLines lines) { return new ScalarBytes(lines); }

  @Override
  public float quantize(long x, int n, int group, long line) { return ScalarBytes.quantize(x, n, group, line); }

  @Override
  public void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    ScalarPacking.transpose(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    ScalarPacking.copy(x, xBytes, y, yBytes, rows, columns);
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
    if (bits == 8) ScalarBlocks.eights(codes, scale, bias, y, n);
    else
      ScalarBlocks.fours(codes, scale, bias, y, n);
  }

  @Override
  public void addBias(long bias, long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.addBias(bias, c + r * cBytes, columns);
  }

  @Override
  public void scaleRows(long factor, long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.scale(Cells.getFloat(factor + 4L * r), c + r * cBytes, columns);
  }

  @Override
  public void gelu(long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.gelu(c + r * cBytes, columns);
  }

  @Override
  public void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.gate(gate + r * gateBytes, c + r * cBytes, columns);
  }

  @Override
  public void blend(float a, long c, long cBytes, float b, long other, long otherBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarMixes.mix(a, c + r * cBytes, b, other + r * otherBytes, c + r * cBytes, columns);
  }

  @Override
  public void addToScores(long s, long sBytes, long extra, int keys, int width, float scale) {
    ScalarScores.add(s, sBytes, extra, keys, width, scale);
  }

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    ScalarScores.softmax(s, sBytes, keys, width, scale, max, sum, factor);
  }

  @Override
  public void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
    ScalarScores.finishSums(max, sum, inverse, logSumExp, width);
  }

  @Override
  public void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    ScalarScores.scaleColumns(y, yBytes, rows, width, factor);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    ScalarScores.gradients(s, d, bytes, keys, width, scale, logSumExp, delta);
  }

  @Override
  public void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    ScalarPacking.scaled(x, xBytes, y, yBytes, rows, columns, factor);
  }
}
