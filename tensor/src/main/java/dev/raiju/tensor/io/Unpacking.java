package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Packed blocks to blocks of ours, value for value: `scale · code + bias` with the scale and bias of the group.
///
/// The blocks are those of `ggml-common.h` in <https://github.com/ggml-org/ggml>. In the types of 32 values, `d` is the scale and
/// `m` the bias in f16, and byte `j` of the codes holds value `j` in its low half and value `j + 16` in its high one; a fifth bit
/// of each code comes from a word `h`. In those of 256 values eight groups have scales and biases of 6 bits times `d` and `m`.
final class Unpacking {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Unpacking() {}

  /// Unpacks whole blocks.
  ///
  /// @return the number of the first block whose scale or bias the result cannot hold, or -1
  static long run(DType type, MemorySegment from, MemorySegment to) {
    long blocks = from.byteSize() / type.unitBytes();
    int width = (int) (type.unpacked().bytes(type.unit()));
    for (long block = 0; block < blocks; block++) {
      long x = block * type.unitBytes();
      long y = block * width;
      boolean held = switch (type) {
        case Q8_0 -> bytes(from, x, to, y);
        case Q4_0 -> halves(from, x + 2, scaleAndBias(from, x, -8, to, y), to, y);
        case Q4_1 -> halves(from, x + 4, scaleAndBias(from, x, to, y), to, y);
        case Q5_0 -> fives(from, x + 6, word(from, x + 2), scaleAndBias(from, x, -16, to, y), to, y);
        case Q5_1 -> fives(from, x + 8, word(from, x + 4), scaleAndBias(from, x, to, y), to, y);
        case Q4_K -> groupsOfHalves(from, x, to, y);
        case Q5_K -> groupsOfFives(from, x, to, y);
        case Q2_K -> UnpackingToFloats.twos(from, x, to, y);
        case Q3_K -> UnpackingToFloats.threes(from, x, to, y);
        case Q6_K -> UnpackingToFloats.sixes(from, x, to, y);
        default -> throw new IllegalArgumentException("unpack: " + type + " is not packed");
      };
      if (!held) return block;
    }
    return -1;
  }

  static float f16(MemorySegment memory, long at) { return Float.float16ToFloat(memory.get(SHORT, at)); }

  private static int word(MemorySegment memory, long at) { return memory.get(INT, at); }

  /// Scale `d` and bias `zero · d`, for codes of which `-zero` stands for 0. Whether f16 holds both.
  private static boolean scaleAndBias(MemorySegment from, long x, int zero, MemorySegment to, long y) {
    float bias = zero * f16(from, x);
    short narrow = Float.floatToFloat16(bias);
    to.set(SHORT, y, from.get(SHORT, x));
    to.set(SHORT, y + 2, narrow);
    return Float.isFinite(bias) && Float.float16ToFloat(narrow) == bias;
  }

  /// Scale and bias as they are.
  private static boolean scaleAndBias(MemorySegment from, long x, MemorySegment to, long y) {
    to.set(INT, y, from.get(INT, x));
    return Float.isFinite(f16(from, x)) && Float.isFinite(f16(from, x + 2));
  }

  private static boolean bytes(MemorySegment from, long x, MemorySegment to, long y) {
    boolean held = scaleAndBias(from, x, -128, to, y);
    for (int j = 0; j < 32; j++) to.set(BYTE, y + 4 + j, (byte) (from.get(BYTE, x + 2 + j) ^ 0x80));
    return held;
  }

  private static boolean halves(MemorySegment from, long codes, boolean held, MemorySegment to, long y) {
    for (int j = 0; j < 16; j += 2) {
      int a = from.get(BYTE, codes + j);
      int b = from.get(BYTE, codes + j + 1);
      to.set(BYTE, y + 4 + j / 2, (byte) (a & 15 | b << 4));
      to.set(BYTE, y + 12 + j / 2, (byte) (a >> 4 & 15 | b & 0xf0));
    }
    return held;
  }

  private static boolean fives(MemorySegment from, long codes, int fifth, boolean held, MemorySegment to, long y) {
    for (int j = 0; j < 16; j++) {
      int code = from.get(BYTE, codes + j);
      to.set(BYTE, y + 4 + j, (byte) (code & 15 | (fifth >>> j & 1) << 4));
      to.set(BYTE, y + 20 + j, (byte) (code >> 4 & 15 | (fifth >>> j + 16 & 1) << 4));
    }
    return held;
  }

  /// The scale of group `j` of eight, as 6 bits.
  private static int scale(MemorySegment from, long scales, int j) {
    if (j < 4) return from.get(BYTE, scales + j) & 63;
    return from.get(BYTE, scales + j + 4) & 15 | (from.get(BYTE, scales + j - 4) & 0xc0) >> 2;
  }

  /// The bias of group `j` of eight, as 6 bits.
  private static int bias(MemorySegment from, long scales, int j) {
    if (j < 4) return from.get(BYTE, scales + j + 4) & 63;
    return from.get(BYTE, scales + j + 4) >> 4 & 15 | (from.get(BYTE, scales + j) & 0xc0) >> 2;
  }

  /// Scale and bias of group `j` in f32, which holds the products exactly.
  private static boolean setGroup(MemorySegment from, long x, int j, MemorySegment to, long group) {
    float scale = f16(from, x) * scale(from, x + 4, j);
    float bias = -f16(from, x + 2) * bias(from, x + 4, j);
    to.set(FLOAT, group, scale);
    to.set(FLOAT, group + 4, bias);
    return Float.isFinite(scale) && Float.isFinite(bias);
  }

  /// 32 bytes of codes hold two groups, one in the low halves and one in the high ones.
  private static boolean groupsOfHalves(MemorySegment from, long x, MemorySegment to, long y) {
    boolean held = true;
    for (int j = 0; j < 8; j++) {
      long group = y + 24L * j;
      held &= setGroup(from, x, j, to, group);
      long codes = x + 16 + 32L * (j / 2);
      int shift = 4 * (j % 2);
      for (int k = 0; k < 32; k += 2) {
        int both = from.get(BYTE, codes + k) >> shift & 15 | (from.get(BYTE, codes + k + 1) >> shift & 15) << 4;
        to.set(BYTE, group + 8 + k / 2, (byte) both);
      }
    }
    return held;
  }

  /// As before, and bit `j` of byte `k` of the fifth bits is that of value `k` of group `j`.
  private static boolean groupsOfFives(MemorySegment from, long x, MemorySegment to, long y) {
    boolean held = true;
    for (int j = 0; j < 8; j++) {
      long group = y + 40L * j;
      held &= setGroup(from, x, j, to, group);
      long codes = x + 48 + 32L * (j / 2);
      int shift = 4 * (j % 2);
      for (int k = 0; k < 32; k++) {
        int fifth = from.get(BYTE, x + 16 + k) >> j & 1;
        to.set(BYTE, group + 8 + k, (byte) (from.get(BYTE, codes + k) >> shift & 15 | fifth << 4));
      }
    }
    return held;
  }
}
