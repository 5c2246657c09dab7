package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.tensor.DType;

/// Plain Java, for where the vector module is missing.
public final class ScalarMicroKernels implements MicroKernels {
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
  public void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    ScalarPacking.transpose(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    ScalarPacking.copy(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void widen(DType type, long x, long y, int n) { ScalarPacking.widen(type, x, y, n); }

  @Override
  public void narrow(DType type, long x, long y, int n) { ScalarPacking.narrow(type, x, y, n); }

  @Override
  public void addBias(long bias, long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.addBias(bias, c + r * cBytes, columns);
  }

  @Override
  public void gelu(long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.gelu(c + r * cBytes, columns);
  }

  @Override
  public void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns) {
    for (int r = 0; r < rows; r++) ScalarStrips.gate(gate + r * gateBytes, c + r * cBytes, columns);
  }
}
