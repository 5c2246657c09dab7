package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.I32;
import static dev.raiju.kernels.cpu.vector.Lanes.I64;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Philox;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/// Random bits and their transforms, the same operations as [dev.raiju.tensor.Philox] in its order.
final class VectorRandom {
  /// Counters in a vector: one 32-bit word in each 64-bit lane, so that a product has room.
  static final int COUNTERS = I64.length();

  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final long LOW = 0xffffffffL;
  private static final int ROUNDS = 10;

  private static final IntVector MIDDLE = IntVector.broadcast(I32, 0x3fffff);
  private static final IntVector ROOT_HALF = IntVector.broadcast(I32, 0x3f3504f3);
  private static final IntVector RECIPROCAL = IntVector.broadcast(I32, 0x7ef311c3);
  private static final FloatVector ONE = Lanes.of(1f);
  private static final FloatVector TWO = Lanes.of(2f);
  private static final FloatVector HALF = Lanes.of(0.5f);
  private static final FloatVector STEP = Lanes.of(0x1p-22f);
  private static final FloatVector LN2 = Lanes.of(0.693147182f);
  private static final FloatVector L0 = Lanes.of(0.666666667f);
  private static final FloatVector L1 = Lanes.of(0.4f);
  private static final FloatVector L2 = Lanes.of(0.285714279f);
  private static final FloatVector L3 = Lanes.of(0.222221985f);

  private static final FloatVector CENTRE = Lanes.of(2.5f);
  private static final FloatVector ROOT_2 = Lanes.of(1.41421356f);
  private static final FloatVector C0 = Lanes.of(1.50140941f);
  private static final FloatVector C1 = Lanes.of(0.246640727f);
  private static final FloatVector C2 = Lanes.of(-0.00417768164f);
  private static final FloatVector C3 = Lanes.of(-0.00125372503f);
  private static final FloatVector C4 = Lanes.of(0.00021858087f);
  private static final FloatVector C5 = Lanes.of(-4.39150654e-06f);
  private static final FloatVector C6 = Lanes.of(-3.5233877e-06f);
  private static final FloatVector C7 = Lanes.of(3.43273939e-07f);
  private static final FloatVector C8 = Lanes.of(2.81022636e-08f);

  private VectorRandom() {}

  /// Words 0 and 1 of every block, then words 2 and 3 of every block: two planes of `blocks` longs at `planes`.
  private static void rounds(long seed, long stream, long first, long planes, int blocks) {
    for (int i = 0; i < blocks; i += COUNTERS) {
      LongVector index = LongVector.broadcast(I64, first + i).addIndex(1);
      LongVector c0 = index.and(LOW);
      LongVector c1 = index.lanewise(VectorOperators.LSHR, 32);
      LongVector c2 = LongVector.broadcast(I64, stream & LOW);
      LongVector c3 = LongVector.broadcast(I64, stream >>> 32);
      int k0 = (int) seed;
      int k1 = (int) (seed >>> 32);
      for (int round = 0; round < ROUNDS; round++) {
        LongVector p0 = c0.mul(M0);
        LongVector p1 = c2.mul(M1);
        c0 = p1.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c1).lanewise(VectorOperators.XOR, k0 & LOW);
        c1 = p1.and(LOW);
        c2 = p0.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c3).lanewise(VectorOperators.XOR, k1 & LOW);
        c3 = p0.and(LOW);
        k0 += W0;
        k1 += W1;
      }
      c0.or(c1.lanewise(VectorOperators.LSHL, 32)).intoMemorySegment(ALL, planes + 8L * i, ORDER);
      c2.or(c3.lanewise(VectorOperators.LSHL, 32)).intoMemorySegment(ALL, planes + 8L * (blocks + i), ORDER);
    }
  }

  /// For a multiple of [#COUNTERS] blocks; `planes` has room for the result once more.
  static void philox(long seed, long stream, long first, long planes, long y, int blocks) {
    rounds(seed, stream, first, planes, blocks);
    for (int i = 0; i < blocks; i++) {
      Cells.setLong(y + 16L * i, Cells.getLong(planes + 8L * i));
      Cells.setLong(y + 16L * i + 8, Cells.getLong(planes + 8L * (blocks + i)));
    }
  }

  static void uniform(long bits, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      IntVector whole = IntVector.fromMemorySegment(I32, ALL, bits + 4 * i, ORDER).lanewise(VectorOperators.LSHR, 9);
      FloatVector steps = (FloatVector) whole.convert(VectorOperators.I2F, 0);
      steps.add(0.5f).mul(0x1p-23f).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  /// Three loops, since one is too long for the compiler. Tails are rare enough to be drawn one by one.
  static void normal(long bits, long spare, long y, int n) {
    logs(bits, spare, n);
    central(bits, spare, y, n);
    for (int i = 0; i < n; i++) {
      if (!(Cells.getFloat(spare + 4 * i) < 5f)) Cells.setFloat(y + 4 * i, Philox.normal(Cells.getInt(bits + 4 * i)));
    }
  }

  /// `w = -log(1 - x²)` for the numbers `x` in (-1, 1) that random bits stand for.
  private static void logs(long random, long w, int n) {
    for (long i = 0; i < n; i += COUNT) {
      IntVector whole = IntVector.fromMemorySegment(I32, ALL, random + 4 * i, ORDER).lanewise(VectorOperators.LSHR, 9).sub(
          MIDDLE);
      FloatVector x = ((FloatVector) whole.convert(VectorOperators.I2F, 0)).sub(HALF).mul(STEP);
      IntVector bits = x.neg().fma(x, ONE).reinterpretAsInts();
      IntVector exponent = bits.sub(ROOT_HALF).lanewise(VectorOperators.ASHR, 23);
      FloatVector m = bits.sub(exponent.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats();
      FloatVector d = m.add(ONE);
      FloatVector r = RECIPROCAL.sub(d.reinterpretAsInts()).reinterpretAsFloats();
      d = d.neg();
      r = r.fma(d.fma(r, ONE), r);
      r = r.fma(d.fma(r, ONE), r);
      r = r.fma(d.fma(r, ONE), r);
      r = r.fma(d.fma(r, ONE), r);
      FloatVector s = m.sub(ONE).mul(r);
      FloatVector z = s.mul(s);
      FloatVector p = L3.fma(z, L2).fma(z, L1).fma(z, L0);
      FloatVector series = p.mul(z).fma(s, s.mul(TWO));
      ((FloatVector) exponent.convert(VectorOperators.I2F, 0)).fma(LN2, series).neg().intoMemorySegment(ALL, w + 4 * i, ORDER);
    }
  }

  /// The polynomial for `w < 5`, times `x`.
  private static void central(long random, long w, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, w + 4 * i, ORDER).sub(CENTRE);
      FloatVector p = C8.fma(v, C7).fma(v, C6).fma(v, C5).fma(v, C4).fma(v, C3).fma(v, C2).fma(v, C1).fma(v, C0);
      IntVector whole = IntVector.fromMemorySegment(I32, ALL, random + 4 * i, ORDER).lanewise(VectorOperators.LSHR, 9).sub(
          MIDDLE);
      FloatVector x = ((FloatVector) whole.convert(VectorOperators.I2F, 0)).sub(HALF).mul(STEP);
      x.mul(p).mul(ROOT_2).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }
}
