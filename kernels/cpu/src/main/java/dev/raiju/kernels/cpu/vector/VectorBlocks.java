package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.I32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import dev.raiju.kernels.cpu.loops.Cells;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Codes of a block to f32, `scale · code + bias`, a vector at a time.
final class VectorBlocks {
  /// As many bytes as there are floats in a vector, where there is such a vector.
  private static final VectorSpecies<Byte> I8 = VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * COUNT)));
  // a word holds eight codes of 4 bits; every lane gets a word and moves its own code to the lowest place
  private static final IntVector SHIFTS = IntVector.fromArray(I32, shifts(), 0);
  private static final VectorMask<Integer> SECOND_WORD = VectorMask.fromLong(I32, 0xff00);
  private static final IntVector CODE = IntVector.broadcast(I32, 15);

  private VectorBlocks() {}

  private static int[] shifts() {
    int[] shifts = new int[COUNT];
    for (int i = 0; i < COUNT; i++) shifts[i] = 4 * (i % 8);
    return shifts;
  }

  static void fours(long codes, float scale, float bias, long y, int n) {
    FloatVector s = Lanes.of(scale);
    FloatVector b = Lanes.of(bias);
    for (long i = 0; i < n; i += COUNT) {
      IntVector words = COUNT == 4
          ? IntVector.broadcast(I32, Cells.getShort(codes + i / 2))
          : IntVector.broadcast(I32, Cells.getInt(codes + i / 2));
      if (COUNT == 16) words = words.blend(Cells.getInt(codes + i / 2 + 4), SECOND_WORD);
      IntVector code = words.lanewise(VectorOperators.LSHR, SHIFTS).and(CODE);
      ((FloatVector) code.convertShape(VectorOperators.I2F, F32, 0)).fma(s, b).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  /// For vectors of 8 or 16 floats.
  static void eights(long codes, float scale, float bias, long y, int n) {
    FloatVector s = Lanes.of(scale);
    FloatVector b = Lanes.of(bias);
    for (long i = 0; i < n; i += COUNT) {
      IntVector code = (IntVector) ByteVector.fromMemorySegment(I8, ALL, codes + i, ORDER).convertShape(
          VectorOperators.ZERO_EXTEND_B2I, I32, 0);
      ((FloatVector) code.convertShape(VectorOperators.I2F, F32, 0)).fma(s, b).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  /// Codes that are some bits of a byte each, for vectors of 8 or 16 floats; see [dev.raiju.tensor.backend.PackedBlocks.Widening].
  static void packed(long low, int lowShift, int lowMask, float scale, float bias, long y, int n) {
    FloatVector s = Lanes.of(scale);
    FloatVector b = Lanes.of(bias);
    for (long i = 0; i < n; i += COUNT) {
      IntVector code = bytes(low + i).lanewise(VectorOperators.ASHR, lowShift).and(lowMask);
      ((FloatVector) code.convertShape(VectorOperators.I2F, F32, 0)).fma(s, b).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  /// The same with their high bits in other bytes.
  static void packed(long low, int lowShift, int lowMask, long high, int highShift, int highMask, float scale, float bias, long y,
      int n) {
    FloatVector s = Lanes.of(scale);
    FloatVector b = Lanes.of(bias);
    for (long i = 0; i < n; i += COUNT) {
      IntVector top = bytes(high + i).lanewise(VectorOperators.ASHR, highShift).and(highMask);
      IntVector code = bytes(low + i).lanewise(VectorOperators.ASHR, lowShift).and(lowMask).add(top.mul(lowMask + 1));
      ((FloatVector) code.convertShape(VectorOperators.I2F, F32, 0)).fma(s, b).intoMemorySegment(ALL, y + 4 * i, ORDER);
    }
  }

  private static IntVector bytes(long at) {
    return (IntVector) ByteVector.fromMemorySegment(I8, ALL, at, ORDER).convertShape(VectorOperators.B2I, I32, 0);
  }
}
