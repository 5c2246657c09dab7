package dev.raiju.kernels.cpu.vector;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.scalar.ScalarMixes;
import dev.raiju.kernels.cpu.scalar.ScalarRandom;
import dev.raiju.kernels.cpu.scalar.ScalarRows;
import dev.raiju.kernels.cpu.scalar.ScalarSums;
import dev.raiju.kernels.cpu.scalar.ScalarTypes;
import dev.raiju.kernels.cpu.scalar.ScalarUpdates;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Loops of the Vector API: whole vectors first, then the scalar loop for what is left. Load this class only where the module
/// `jdk.incubator.vector` is present.
public final class VectorLoops implements Loops {
  public VectorLoops() {}

  /// The bits of the widest vectors that this machine prefers.
  public static int preferredBits() { return jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize(); }

  @Override
  public String provider() { return "vector"; }

  @Override
  public int lanes() { return Lanes.COUNT; }

  @Override
  public void unary(UnaryFunction function, long x, long y, int n) { VectorUnary.apply(function, x, y, n); }

  @Override
  public void activation(Activation function, long x, long y, int n) { VectorUnary.apply(function, x, y, n); }

  @Override
  public void geluGradient(long x, long g, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.geluGradient(x, g, y, whole);
    long done = 4L * whole;
    ScalarMixes.geluGradient(x + done, g + done, y + done, n - whole);
  }

  @Override
  public void geluAndGradient(long x, long g, long a, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.geluAndGradient(x, g, a, y, whole);
    long done = 4L * whole;
    ScalarMixes.geluAndGradient(x + done, g + done, a + done, y + done, n - whole);
  }

  @Override
  public void binary(BinaryFunction function, long a, long b, long y, int n) { VectorBinary.apply(function, a, b, y, n); }

  @Override
  public void multiplyAdd(long a, long b, long c, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.multiplyAdd(a, b, c, y, whole);
    long done = 4L * whole;
    ScalarMixes.multiplyAdd(a + done, b + done, c + done, y + done, n - whole);
  }

  @Override
  public void subtractProduct(long a, long b, long c, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.subtractProduct(a, b, c, y, whole);
    long done = 4L * whole;
    ScalarMixes.subtractProduct(a + done, b + done, c + done, y + done, n - whole);
  }

  @Override
  public void select(long condition, long yes, long no, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.select(condition, yes, no, y, whole);
    long done = 4L * whole;
    ScalarMixes.select(condition + done, yes + done, no + done, y + done, n - whole);
  }

  @Override
  public void fill(float value, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.fill(value, y, whole);
    ScalarMixes.fill(value, y + 4L * whole, n - whole);
  }

  @Override
  public void affine(long x, float centre, float a, float b, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.affine(x, centre, a, b, y, whole);
    ScalarMixes.affine(x + 4L * whole, centre, a, b, y + 4L * whole, n - whole);
  }

  @Override
  public void mix(float a, long x, float b, long z, long y, int n) {
    int whole = Lanes.whole(n);
    VectorMixes.mix(a, x, b, z, y, whole);
    long done = 4L * whole;
    ScalarMixes.mix(a, x + done, b, z + done, y + done, n - whole);
  }

  @Override
  public void widen(DType type, long x, long y, int n) {
    int whole = Lanes.whole(n);
    switch (type) {
      case F16 -> VectorTypes.fromF16(x, y, whole);
      case BF16 -> VectorTypes.fromBf16(x, y, whole);
      // bytes are not worth a vector loop: four of them are less than the smallest vector
      default -> whole = 0;
    }
    ScalarTypes.widen(type, x + (long) type.unitBytes() * whole, y + 4L * whole, n - whole);
  }

  @Override
  public void narrow(DType type, long x, long y, int n) {
    int whole = Lanes.whole(n);
    switch (type) {
      case F16 -> VectorTypes.toF16(x, y, whole);
      case BF16 -> VectorTypes.toBf16(x, y, whole);
      default -> whole = 0;
    }
    ScalarTypes.narrow(type, x + 4L * whole, y + (long) type.unitBytes() * whole, n - whole);
  }

  /// How many elements fill whole groups of the virtual lanes.
  private static int groups(int n) { return n & -LANES; }

  @Override
  public float sum(long x, int n) {
    int groups = groups(n);
    return ScalarSums.sum(x + 4L * groups, n - groups, VectorSums.sum(x, groups));
  }

  @Override
  public float squares(long x, float centre, int n) {
    int groups = groups(n);
    return ScalarSums.squares(x + 4L * groups, centre, n - groups, VectorSums.squares(x, centre, groups));
  }

  @Override
  public float dot(long g, long x, float centre, int n) {
    int groups = groups(n);
    long done = 4L * groups;
    return ScalarSums.dot(g + done, x + done, centre, n - groups, VectorSums.dot(g, x, centre, groups));
  }

  @Override
  public float max(long x, int n) {
    int whole = n & -4 * Lanes.COUNT;
    return ScalarSums.max(x + 4L * whole, n - whole, VectorSums.max(x, whole));
  }

  @Override
  public float min(long x, int n) {
    int whole = n & -4 * Lanes.COUNT;
    return ScalarSums.min(x + 4L * whole, n - whole, VectorSums.min(x, whole));
  }

  @Override
  public float exp(long x, float shift, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRows.exp(x, shift, y, whole);
    ScalarRows.exp(x + 4L * whole, shift, y + 4L * whole, n - whole);
    return sum(y, n);
  }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRows.normalize(x, mean, inverse, w, y, whole);
    long done = 4L * whole;
    ScalarRows.normalize(x + done, mean, inverse, w + done, y + done, n - whole);
  }

  @Override
  public void normalize(long x, float mean, float inverse, long w, long b, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRows.normalize(x, mean, inverse, w, b, y, whole);
    long done = 4L * whole;
    ScalarRows.normalize(x + done, mean, inverse, w + done, b + done, y + done, n - whole);
  }

  @Override
  public void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRows.normalizeBackward(x, mean, inverse, g, meanG, meanGm, y, whole);
    long done = 4L * whole;
    ScalarRows.normalizeBackward(x + done, mean, inverse, g + done, meanG, meanGm, y + done, n - whole);
  }

  @Override
  public void rotate(long x, long cos, long sin, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRows.rotate(x, cos, sin, y, whole);
    long done = 4L * whole;
    ScalarRows.rotate(x + done, cos + done, sin + done, y + done, n - whole);
  }

  @Override
  public void adamw(AdamWStep step, long p, long m, long v, long g, int n) {
    int whole = Lanes.whole(n);
    VectorRows.adamw(step, p, m, v, g, whole);
    long done = 4L * whole;
    ScalarUpdates.adamw(step, p + done, m + done, v + done, g + done, n - whole);
  }

  @Override
  public void philox(long seed, long stream, long first, long spare, long y, int blocks) {
    int whole = blocks & -VectorRandom.COUNTERS;
    VectorRandom.philox(seed, stream, first, spare, y, whole);
    ScalarRandom.philox(seed, stream, first + whole, y + 16L * whole, blocks - whole);
  }

  @Override
  public void normal(long bits, long spare, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRandom.normal(bits, spare, y, whole);
    ScalarRandom.normal(bits + 4L * whole, y + 4L * whole, n - whole);
  }

  @Override
  public void uniform(long bits, long y, int n) {
    int whole = Lanes.whole(n);
    VectorRandom.uniform(bits, y, whole);
    ScalarRandom.uniform(bits + 4L * whole, y + 4L * whole, n - whole);
  }
}
