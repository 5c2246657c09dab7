package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Plain loops at first, then those of the Vector API, which give the same bits; see [Start].
final class StartingLoops implements Loops {
  private final Start start;
  private final Loops plain;
  private final Loops vector;

  StartingLoops(Loops plain, Loops vector, Start start) {
    this.plain = plain;
    this.vector = vector;
    this.start = start;
  }

  private Loops of(int n) { return start.isOver(n) ? vector : plain; }

  @Override
  public String provider() { return vector.provider(); }

  @Override
  public int lanes() { return vector.lanes(); }

  @Override
  public void unary(UnaryFunction function, long x, long y, int n) { of(n).unary(function, x, y, n); }

  @Override
  public void activation(Activation function, long x, long y, int n) { of(n).activation(function, x, y, n); }

  @Override
  public void geluGradient(long x, long g, long y, int n) { of(n).geluGradient(x, g, y, n); }

  @Override
  public void geluAndGradient(long x, long g, long a, long y, int n) { of(n).geluAndGradient(x, g, a, y, n); }

  @Override
  public void binary(BinaryFunction function, long a, long b, long y, int n) { of(n).binary(function, a, b, y, n); }

  @Override
  public void multiplyAdd(long a, long b, long c, long y, int n) { of(n).multiplyAdd(a, b, c, y, n); }

  @Override
  public void subtractProduct(long a, long b, long c, long y, int n) { of(n).subtractProduct(a, b, c, y, n); }

  @Override
  public void select(long condition, long yes, long no, long y, int n) { of(n).select(condition, yes, no, y, n); }

  @Override
  public void fill(float value, long y, int n) { of(n).fill(value, y, n); }

  @Override
  public void affine(long x, float centre, float a, float b, long y, int n) { of(n).affine(x, centre, a, b, y, n); }

  @Override
  public void mix(float a, long x, float b, long z, long y, int n) { of(n).mix(a, x, b, z, y, n); }

  @Override
  public void widen(DType type, long x, long y, int n) { of(n).widen(type, x, y, n); }

  @Override
  public void narrow(DType type, long x, long y, int n) { of(n).narrow(type, x, y, n); }

  @Override
  public float sum(long x, int n) { return of(n).sum(x, n); }

  @Override
  public float squares(long x, float centre, int n) { return of(n).squares(x, centre, n); }

  @Override
  public float dot(long g, long x, float centre, int n) { return of(n).dot(g, x, centre, n); }

  @Override
  public float max(long x, int n) { return of(n).max(x, n); }

  @Override
  public float min(long x, int n) { return of(n).min(x, n); }

  @Override
  public float exp(long x, float shift, long y, int n) { return of(n).exp(x, shift, y, n); }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long y, int n) { of(n).normalize(x, mean, inverse, w, y, n); }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long b, long y, int n) {
    of(n).normalize(x, mean, inverse, w, b, y, n);
  }

  @Override
  public void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n) {
    of(n).normalizeBackward(x, mean, inverse, g, meanG, meanGm, y, n);
  }

  @Override
  public void rotate(long x, long cos, long sin, long y, int n) { of(n).rotate(x, cos, sin, y, n); }

  @Override
  public void adamw(AdamWStep step, long p, long m, long v, long g, int n) { of(n).adamw(step, p, m, v, g, n); }

  @Override
  public void philox(long seed, long stream, long first, long spare, long y, int blocks) {
    of(4 * blocks).philox(seed, stream, first, spare, y, blocks);
  }

  @Override
  public void normal(long bits, long spare, long y, int n) { of(n).normal(bits, spare, y, n); }

  @Override
  public void uniform(long bits, long y, int n) { of(n).uniform(bits, y, n); }
}
