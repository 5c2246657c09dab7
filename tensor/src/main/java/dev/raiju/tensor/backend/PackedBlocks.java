package dev.raiju.tensor.backend;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Blocks of the packed types in host memory: what bit of a block means what, said here alone.
///
/// Those of GGUF files are those of `ggml-common.h` in <https://github.com/ggml-org/ggml>. Each is some groups of neighbours,
/// `value = scale · code + bias`. In the types of 32 values, one group, `d` is the scale and `m` the bias in f16, and byte `j` of the
/// codes holds value `j` in its low half and value `j + 16` in its high one; a fifth bit of each code comes from a word. Those of
/// 256 values have eight or sixteen groups with scales and biases of few bits, times `d` and `m`. Scale and bias are exact in f32,
/// so that every value is rounded once, whoever computes it. So is an 8-bit float times its scale, which need not lie beside it.
public final class PackedBlocks {
  /// Values of the largest block.
  public static final int LARGEST = 256;

  /// Widens codes one at a time.
  public static final Widening PLAIN = new Widening() {};

  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final float[] E4M3 = floats(DType.F8_E4M3);
  private static final float[] E5M2 = floats(DType.F8_E5M2);

  private PackedBlocks() {}

  /// How the codes of a group become f32: what a backend may do with its vectors. Addresses are absolute, `n` is 16 or 32, and bytes
  /// are signed.
  public interface Widening {
    /// `y[i] = scale · code[i] + bias`, by one fused multiply-add, with
    /// `code = (low[i] >> lowShift & lowMask) + (lowMask + 1) · (high[i] >> highShift & highMask)`.
    ///
    /// @param lowMask -1 if the bytes are the codes
    /// @param highMask 0 if there are no high bits; then `high` may be any address of `n` bytes
    default void widen(long low, int lowShift, int lowMask, long high, int highShift, int highMask, float scale, float bias,
        long y,
        int n) {
      for (int i = 0; i < n; i++) {
        int code = (ALL.get(BYTE, low + i) >> lowShift & lowMask) + (lowMask + 1) * (ALL.get(BYTE, high + i) >> highShift
            & highMask);
        ALL.set(FLOAT, y + 4L * i, Math.fma(scale, code, bias));
      }
    }

    /// The same with `code = (low[i] >> lowShift & 15) + 16 · (fifths >>> i & 1)`.
    default void widen(long low, int lowShift, int fifths, float scale, float bias, long y, int n) {
      for (int i = 0; i < n; i++) {
        int code = (ALL.get(BYTE, low + i) >> lowShift & 15) + (fifths >>> i & 1) * 16;
        ALL.set(FLOAT, y + 4L * i, Math.fma(scale, code, bias));
      }
    }
  }

  /// The values of one block, in f32.
  ///
  /// @param blocks of a packed type
  /// @param y where the values go
  public static void widen(BlockPlaces blocks, long block, long y, Widening widening) {
    long x = blocks.codes(block);
    switch (blocks.type()) {
      case F8_E4M3_G32 -> eights(E4M3, x, ALL.get(FLOAT, blocks.scale(block)), y);
      case F8_E5M2_G32 -> eights(E5M2, x, ALL.get(FLOAT, blocks.scale(block)), y);
      case Q8_0 -> widening.widen(x + 2, 0, -1, x + 2, 0, 0, f16(x), 0, y, 32);
      case Q4_0 -> halves(x + 2, f16(x), -8 * f16(x), y, widening);
      case Q4_1 -> halves(x + 4, f16(x), f16(x + 2), y, widening);
      case Q5_0 -> fives(x + 6, ALL.get(INT, x + 2), f16(x), -16 * f16(x), y, widening);
      case Q5_1 -> fives(x + 8, ALL.get(INT, x + 4), f16(x), f16(x + 2), y, widening);
      case Q2_K -> twosOf256(x, y, widening);
      case Q3_K -> threesOf256(x, y, widening);
      case Q4_K, Q5_K -> foursOf256(blocks.type() == DType.Q5_K, x, y, widening);
      case Q6_K -> sixesOf256(x, y, widening);
      default -> throw new IllegalArgumentException("packed: " + blocks.type() + " is no packed type");
    }
  }

  /// Whether the scales that a block of a GGUF file holds in f16 are finite, and so all its values.
  public static boolean isFinite(DType type, long x) {
    return switch (type) {
      case Q4_1, Q5_1, Q4_K, Q5_K -> Float.isFinite(f16(x)) && Float.isFinite(f16(x + 2));
      case Q2_K -> Float.isFinite(f16(x + 80)) && Float.isFinite(f16(x + 82));
      case Q3_K -> Float.isFinite(f16(x + 108));
      case Q6_K -> Float.isFinite(f16(x + 208));
      default -> Float.isFinite(f16(x));
    };
  }

  private static float[] floats(DType type) {
    float[] values = new float[256];
    for (int i = 0; i < 256; i++) values[i] = type == DType.F8_E4M3 ? Narrow.fromE4m3((byte) i) : Narrow.fromE5m2((byte) i);
    return values;
  }

  private static void eights(float[] values, long codes, float scale, long y) {
    for (int i = 0; i < 32; i++) ALL.set(FLOAT, y + 4L * i, scale * values[at(codes + i) & 0xff]);
  }

  private static float f16(long at) { return Float.float16ToFloat(ALL.get(SHORT, at)); }

  private static int at(long address) { return ALL.get(BYTE, address); }

  private static void halves(long codes, float scale, float bias, long y, Widening widening) {
    widening.widen(codes, 0, 15, codes, 0, 0, scale, bias, y, 16);
    widening.widen(codes, 4, 15, codes, 0, 0, scale, bias, y + 64, 16);
  }

  private static void fives(long codes, int fifths, float scale, float bias, long y, Widening widening) {
    widening.widen(codes, 0, fifths, scale, bias, y, 16);
    widening.widen(codes, 4, fifths >>> 16, scale, bias, y + 64, 16);
  }

  /// `d`, `m`, 12 bytes with scale and bias of eight groups in 6 bits each, 32 bytes whose bit `j` is the fifth of group `j` if there
  /// are fifth bits, and 32 bytes of codes for every two groups: one in the low halves, one in the high ones.
  private static void foursOf256(boolean fifth, long x, long y, Widening widening) {
    float d = f16(x);
    float m = f16(x + 2);
    long codes = fifth ? x + 48 : x + 16;
    for (int j = 0; j < 8; j++) {
      float scale = d * scaleOf8(x + 4, j);
      float bias = -m * biasOf8(x + 4, j);
      widening.widen(codes + 32L * (j / 2), 4 * (j % 2), 15, x + 16, j, fifth ? 1 : 0, scale, bias, y + 128L * j, 32);
    }
  }

  private static int scaleOf8(long scales, int j) {
    return j < 4 ? at(scales + j) & 63 : at(scales + j + 4) & 15 | (at(scales + j - 4) & 0xc0) >> 2;
  }

  private static int biasOf8(long scales, int j) {
    return j < 4 ? at(scales + j + 4) & 63 : at(scales + j + 4) >> 4 & 15 | (at(scales + j) & 0xc0) >> 2;
  }

  /// 16 bytes with scale and bias of a group of 16 in 4 bits each, 64 bytes of codes of 2 bits, `d` and `m`.
  private static void twosOf256(long x, long y, Widening widening) {
    float d = f16(x + 80);
    float m = f16(x + 82);
    for (int j = 0; j < 16; j++) {
      long codes = x + 16 + quarters(j);
      widening.widen(codes, 2 * (j / 2 % 4), 3, codes, 0, 0, d * (at(x + j) & 15), -m * (at(x + j) >> 4 & 15), y + 64L * j, 16);
    }
  }

  /// 32 bytes whose bit `j / 2` is the third of group `j`, 64 bytes with the others, 12 bytes with scales of 6 bits, and `d`.
  private static void threesOf256(long x, long y, Widening widening) {
    float d = f16(x + 108);
    for (int j = 0; j < 16; j++) {
      int low = at(x + 96 + j % 8) >> 4 * (j / 8) & 15;
      int high = at(x + 104 + j % 4) >> 2 * (j / 4) & 3;
      float scale = d * ((low | high << 4) - 32);
      widening.widen(x + 32 + quarters(j), 2 * (j / 2 % 4), 3, x + 16 * (j % 2), j / 2, 1, scale, -4 * scale, y + 64L * j, 16);
    }
  }

  /// 128 bytes with the low 4 bits of codes, 64 with the high 2, 16 scales of a byte each, and `d`.
  private static void sixesOf256(long x, long y, Widening widening) {
    float d = f16(x + 208);
    for (int j = 0; j < 16; j++) {
      float scale = d * at(x + 192 + j);
      widening.widen(x + 64 * (j / 8) + 16 * (j % 4), 4 * (j / 4 % 2), 15, x + 128 + quarters(j), 2 * (j / 2 % 4), 3, scale, -32
          * scale, y + 64L * j, 16);
    }
  }

  /// Where group `j` of sixteen begins among bytes with 2 bits each of four groups: those whose values lie 32 apart.
  private static long quarters(int j) { return 32L * (j / 8) + 16L * (j % 2); }
}
