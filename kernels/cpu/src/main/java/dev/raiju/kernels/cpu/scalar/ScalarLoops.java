package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Plain Java, for where the vector module is missing.
public final class ScalarLoops implements Loops {
  public ScalarLoops() {}

  @Override
  public String provider() { return "scalar"; }

  @Override
  public int lanes() { return 1; }

  @Override
  public void unary(UnaryFunction function, long x, long y, int n) { ScalarUnary.apply(function, x, y, n); }

  @Override
  public void activation(Activation function, long x, long y, int n) { ScalarUnary.apply(function, x, y, n); }

  @Override
  public void geluGradient(long x, long g, long y, int n) { ScalarMixes.geluGradient(x, g, y, n); }

  @Override
  public void geluAndGradient(long x, long g, long a, long y, int n) { ScalarMixes.geluAndGradient(x, g, a, y, n); }

  @Override
  public void binary(BinaryFunction function, long a, long b, long y, int n) { ScalarBinary.apply(function, a, b, y, n); }

  @Override
  public void multiplyAdd(long a, long b, long c, long y, int n) { ScalarMixes.multiplyAdd(a, b, c, y, n); }

  @Override
  public void subtractProduct(long a, long b, long c, long y, int n) { ScalarMixes.subtractProduct(a, b, c, y, n); }

  @Override
  public void select(long condition, long yes, long no, long y, int n) { ScalarMixes.select(condition, yes, no, y, n); }

  @Override
  public void fill(float value, long y, int n) { ScalarMixes.fill(value, y, n); }

  @Override
  public void affine(long x, float centre, float a, float b, long y, int n) { ScalarMixes.affine(x, centre, a, b, y, n); }

  @Override
  public void mix(float a, long x, float b, long z, long y, int n) { ScalarMixes.mix(a, x, b, z, y, n); }

  @Override
  public void widen(DType type, long x, long y, int n) { ScalarTypes.widen(type, x, y, n); }

  @Override
  public void narrow(DType type, long x, long y, int n) { ScalarTypes.narrow(type, x, y, n); }

  @Override
  public float sum(long x, int n) { return ScalarSums.sum(x, n); }

  @Override
  public float squares(long x, float centre, int n) { return ScalarSums.squares(x, centre, n); }

  @Override
  public float dot(long g, long x, float centre, int n) { return ScalarSums.dot(g, x, centre, n); }

  @Override
  public float max(long x, int n) { return ScalarSums.max(x, n, Float.NEGATIVE_INFINITY); }

  @Override
  public float min(long x, int n) { return ScalarSums.min(x, n, Float.POSITIVE_INFINITY); }

  @Override
  public float exp(long x, float shift, long y, int n) {
    ScalarRows.exp(x, shift, y, n);
    return ScalarSums.sum(y, n);
  }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long y, int n) {
    ScalarRows.normalize(x, mean, inverse, w, y, n);
  }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long b, long y, int n) {
    ScalarRows.normalize(x, mean, inverse, w, b, y, n);
  }

  @Override
  public void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n) {
    ScalarRows.normalizeBackward(x, mean, inverse, g, meanG, meanGm, y, n);
  }

  @Override
  public void rotate(long x, long cos, long sin, long y, int n) { ScalarRows.rotate(x, cos, sin, y, n); }

  @Override
  public void adamw(AdamWStep step, long p, long m, long v, long g, int n) { ScalarUpdates.adamw(step, p, m, v, g, n); }

  @Override
  public void philox(long seed, long stream, long first, long spare, long y, int blocks) {
    ScalarRandom.philox(seed, stream, first, y, blocks);
  }

  @Override
  public void normal(long bits, long spare, long y, int n) { ScalarRandom.normal(bits, y, n); }

  @Override
  public void uniform(long bits, long y, int n) { ScalarRandom.uniform(bits, y, n); }
}
