package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.products.ForwardingMicroKernels;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.tensor.DType;

/// What is done to the factors and results of products, by plain Java at first and then by the Vector API, which give the same bits;
/// see [Start]. Tiles of products are those of the Vector API from the beginning: they are for processors where none are emitted.
final class StartingMicroKernels extends ForwardingMicroKernels {
  private final Start start;
  private final MicroKernels plain;
  private final MicroKernels vector;

  StartingMicroKernels(MicroKernels plain, MicroKernels vector, Start start) {
    super(vector);
    this.plain = plain;
    this.vector = vector;
    this.start = start;
  }

  private MicroKernels of(long elements) { return start.isOver(elements) ? vector : plain; }

  @Override
  public float quantize(long x, int n, int group, long line) { return of(n).quantize(x, n, group, line); }

  @Override
  public void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    of((long) rows * columns).transpose(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void copy(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    of((long) rows * columns).copy(x, xBytes, y, yBytes, rows, columns);
  }

  @Override
  public void widen(DType type, long x, long y, int n) { of(n).widen(type, x, y, n); }

  @Override
  public void narrow(DType type, long x, long y, int n) { of(n).narrow(type, x, y, n); }

  @Override
  public void widen(long low, int lowShift, int lowMask, long high, int highShift, int highMask, float scale, float bias, long y,
      int n) {
    of(n).widen(low, lowShift, lowMask, high, highShift, highMask, scale, bias, y, n);
  }

  @Override
  public void widen(long low, int lowShift, int fifths, float scale, float bias, long y, int n) {
    of(n).widen(low, lowShift, fifths, scale, bias, y, n);
  }

  @Override
  public void expand(int bits, long codes, float scale, float bias, long y, int n) {
    of(n).expand(bits, codes, scale, bias, y, n);
  }

  @Override
  public void addBias(long bias, long c, long cBytes, int rows, int columns) {
    of((long) rows * columns).addBias(bias, c, cBytes, rows, columns);
  }

  @Override
  public void scaleRows(long factor, long c, long cBytes, int rows, int columns) {
    of((long) rows * columns).scaleRows(factor, c, cBytes, rows, columns);
  }

  @Override
  public void gelu(long c, long cBytes, int rows, int columns) { of((long) rows * columns).gelu(c, cBytes, rows, columns); }

  @Override
  public void gate(long gate, long gateBytes, long c, long cBytes, int rows, int columns) {
    of((long) rows * columns).gate(gate, gateBytes, c, cBytes, rows, columns);
  }

  @Override
  public void blend(float a, long c, long cBytes, float b, long other, long otherBytes, int rows, int columns) {
    of((long) rows * columns).blend(a, c, cBytes, b, other, otherBytes, rows, columns);
  }

  @Override
  public void addToScores(long s, long sBytes, long extra, int keys, int width, float scale) {
    of((long) keys * width).addToScores(s, sBytes, extra, keys, width, scale);
  }

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    of((long) keys * width).softmax(s, sBytes, keys, width, scale, max, sum, factor);
  }

  @Override
  public void finishSums(long max, long sum, long inverse, long logSumExp, int width) {
    of(width).finishSums(max, sum, inverse, logSumExp, width);
  }

  @Override
  public void scaleColumns(long y, long yBytes, int rows, int width, long factor) {
    of((long) rows * width).scaleColumns(y, yBytes, rows, width, factor);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    of((long) keys * width).scoreGradients(s, d, bytes, keys, width, scale, logSumExp, delta);
  }

  @Override
  public void scaled(long x, long xBytes, long y, long yBytes, int rows, int columns, float factor) {
    of((long) rows * columns).scaled(x, xBytes, y, yBytes, rows, columns, factor);
  }
}
