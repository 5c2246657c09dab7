package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.I16;
import static dev.raiju.kernels.cpu.vector.Lanes.I32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Conversions between f32 and the two narrow float types, by operations on their bits: there are no vectors of those types.
final class VectorTypes {
  private static final IntVector SIGN = ints(0x80000000);
  private static final IntVector MAGNITUDE = ints(0x7fffffff);
  private static final IntVector INFINITY = ints(0x7f800000);
  private static final IntVector HALF_INFINITY = ints(0x7c00);
  private static final IntVector HALF_MAGNITUDE = ints(0x7fff);

  private VectorTypes() {}

  private static IntVector ints(int value) { return IntVector.broadcast(I32, value); }

  static void fromBf16(long x, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      ShortVector narrow = ShortVector.fromMemorySegment(I16, ALL, x + 2 * i, ORDER);
      IntVector bits = (IntVector) narrow.convertShape(VectorOperators.ZERO_EXTEND_S2I, I32, 0);
      bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  static void toBf16(long x, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      IntVector bits = FloatVector.fromMemorySegment(F32, ALL, x + 4 * i, ORDER).reinterpretAsInts();
      IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
      IntVector rounded = bits.add(0x7fff).add(upper.and(1)).lanewise(VectorOperators.LSHR, 16);
      VectorMask<Integer> nan = bits.and(MAGNITUDE).compare(VectorOperators.GT, INFINITY);
      ShortVector narrow = (ShortVector) rounded.blend(upper.or(0x40), nan).convertShape(VectorOperators.I2S, I16, 0);
      narrow.intoMemorySegment(ALL, y + 2 * i, ORDER);
    }
  }

  /// Exponent and fraction are put in place and scaled by the difference of the biases, which also makes subnormals right.
  static void fromF16(long x, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      ShortVector narrow = ShortVector.fromMemorySegment(I16, ALL, x + 2 * i, ORDER);
      IntVector half = (IntVector) narrow.convertShape(VectorOperators.ZERO_EXTEND_S2I, I32, 0);
      IntVector magnitude = half.and(HALF_MAGNITUDE);
      IntVector placed = magnitude.lanewise(VectorOperators.LSHL, 13);
      IntVector bits = placed.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
      bits = bits.blend(placed.or(INFINITY), magnitude.compare(VectorOperators.GE, HALF_INFINITY));
      bits.or(half.lanewise(VectorOperators.LSHL, 16).and(SIGN)).reinterpretAsFloats().intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  /// Rounded by an integer addition; below the normal numbers of f16 by adding 1/2, whose last bit is the smallest of f16.
  static void toF16(long x, long y, int n) {
    for (long i = 0; i < n; i += COUNT) {
      IntVector bits = FloatVector.fromMemorySegment(F32, ALL, x + 4 * i, ORDER).reinterpretAsInts();
      IntVector magnitude = bits.and(MAGNITUDE);
      IntVector upper = magnitude.lanewise(VectorOperators.LSHR, 13);
      IntVector normal = magnitude.add(upper.and(1)).add(((15 - 127) << 23) + 0xfff).lanewise(VectorOperators.LSHR, 13);
      IntVector small = magnitude.reinterpretAsFloats().add(0.5f).reinterpretAsInts().sub(Float.floatToRawIntBits(0.5f));
      IntVector half = normal.blend(small, magnitude.compare(VectorOperators.LT, Float.floatToRawIntBits(0x1p-14f)));
      half = half.blend(HALF_INFINITY, magnitude.compare(VectorOperators.GE, Float.floatToRawIntBits(0x1p16f)));
      half = half.blend(upper.and(0x3ff).or(0x7e00), magnitude.compare(VectorOperators.GT, INFINITY));
      half = half.or(bits.lanewise(VectorOperators.LSHR, 16).and(0x8000));
      ((ShortVector) half.convertShape(VectorOperators.I2S, I16, 0)).intoMemorySegment(ALL, y + 2 * i, ORDER);
    }
  }
}
