package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import java.util.Optional;

/// Micro-kernels that leave everything to others: for those that replace some of them.
public class ForwardingMicroKernels implements MicroKernels {
  private final MicroKernels rest;

  /// @param rest what computes all that is not replaced
  protected ForwardingMicroKernels(MicroKernels rest) { this.rest = rest; }

  @Override
  public String provider() { return rest.provider(); }

  @Override
  public int lanes() { return rest.lanes(); }

  @Override
  public int tileRows() { return rest.tileRows(); }

  @Override
  public int panelColumns() { return rest.panelColumns(); }

  @Override
  public int width(int columns) { return rest.width(columns); }

  @Override
  public boolean exact() { return rest.exact(); }

  @Override
  public Optional<PairKernels> pairs() { return rest.pairs(); }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    rest.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth, add);
  }

  @Override
  public TileProduct bytes(ByteLines lines) { return rest.bytes(lines); }

  @Override
  public float quantize(long x, int n, int group, long line) { return rest.quantize(x, n, group, line); }

  @Override
  public void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    rest.transpose(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    rest.copy(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void widen(DType type, long x, long y, int n) { rest.widen(type, x, y, n); }

  @Override
  public void narrow(DType type, long x, long y, int n) { rest.narrow(type, x, y, n); }

  @Override
  public void widen(long low, int lowShift, int lowMask, long high, int highShift, int highMask, float scale, float bias, long y,
      int n) {
    rest.widen(low, lowShift, lowMask, high, highShift, highMask, scale, bias, y, n);
  }

  @Override
  public void widen(long low, int lowShift, int fifths, float scale, float bias, long y, int n) {
    rest.widen(low, lowShift, fifths, scale, bias, y, n);
  }

  @Override
  public void expand(int bits, long codes, float scale, float bias, long y, int n) {
    rest.expand(bits, codes, scale, bias, y, n);
  }

  @Override
  public void addBias(long bias, long c, long cBytes, int rows, int columns) { rest.addBias(bias, c, cBytes, rows, columns); }

  @Override
  public void scaleRows(long factor, long c, long cBytes, int rows, int columns) {
    rest.scaleRows(factor, c, cBytes, rows, columns);
  }

  @Override
  public void gelu(long c, long cBytes, int rows, int columns) { rest.gelu(c, cBytes, rows, columns); }

  @Override
  public void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns) {
    rest.gate(gate, gateBytes, c, cBytes, rows, columns);
  }

  @Override
  public void blend(float a, long c, long cBytes, float b, long other, long otherBytes, int rows, int columns) {
    rest.blend(a, c, cBytes, b, other, otherBytes, rows, columns);
  }

  @Override
  public void addToScores(long s, long sBytes, long extra, int keys, int width, float scale) {
    rest.addToScores(s, sBytes, extra, keys, width, scale);
  }

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    rest.softmax(s, sBytes, keys, width, scale, max, sum, factor);
  }

  @Override
  public void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
    rest.finishSums(max, sum, inverse, logSumExp, width);
  }

  @Override
  public void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    rest.scaleColumns(y, yBytes, rows, width, factor);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    rest.scoreGradients(s, d, bytes, keys, width, scale, logSumExp, delta);
  }

  @Override
  public void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    rest.scaled(x, xBytes, y, yBytes, rows, columns, factor);
  }
}
