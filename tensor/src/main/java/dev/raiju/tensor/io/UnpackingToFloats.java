package dev.raiju.tensor.io;

import static dev.raiju.tensor.io.Unpacking.f16;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Packed blocks of 256 values in sixteen groups of 16, which no block type of ours has, to f32.
///
/// In all three types two halves of 128 values follow each other, and within a half the codes of values that lie 32 apart share
/// bytes.
final class UnpackingToFloats {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private UnpackingToFloats() {}

  /// 16 bytes with scale and bias of a group in 4 bits each, 64 bytes of codes of 2 bits, then `d` and `m`.
  static boolean twos(MemorySegment from, long x, MemorySegment to, long y) {
    float d = f16(from, x + 80);
    float m = f16(from, x + 82);
    for (int i = 0; i < 256; i++) {
      int group = from.get(BYTE, x + i / 16);
      int code = from.get(BYTE, x + 16 + place(i)) >> 2 * (i / 32 % 4) & 3;
      to.set(FLOAT, y + 4L * i, d * (group & 15) * code - m * (group >> 4 & 15));
    }
    return Float.isFinite(d) && Float.isFinite(m);
  }

  /// 32 bytes whose bit `i / 32` lifts a code by 4, 64 bytes of codes of 2 bits, 12 bytes with scales of 6 bits, then `d`.
  static boolean threes(MemorySegment from, long x, MemorySegment to, long y) {
    float d = f16(from, x + 108);
    for (int i = 0; i < 256; i++) {
      int group = i / 16;
      int low = from.get(BYTE, x + 96 + group % 8) >> 4 * (group / 8) & 15;
      int high = from.get(BYTE, x + 104 + group % 4) >> 2 * (group / 4) & 3;
      int code = (from.get(BYTE, x + 32 + place(i)) >> 2 * (i / 32 % 4) & 3) + 4 * (from.get(BYTE, x + i % 32) >> i / 32 & 1);
      to.set(FLOAT, y + 4L * i, d * ((low | high << 4) - 32) * (code - 4));
    }
    return Float.isFinite(d);
  }

  /// 128 bytes with the low 4 bits of codes, 64 with the high 2, 16 scales of a byte each, then `d`.
  static boolean sixes(MemorySegment from, long x, MemorySegment to, long y) {
    float d = f16(from, x + 208);
    for (int i = 0; i < 256; i++) {
      int low = from.get(BYTE, x + 64 * (i / 128) + i % 64) >> 4 * (i / 64 % 2) & 15;
      int high = from.get(BYTE, x + 128 + place(i)) >> 2 * (i / 32 % 4) & 3;
      to.set(FLOAT, y + 4L * i, d * from.get(BYTE, x + 192 + i / 16) * ((low | high << 4) - 32));
    }
    return Float.isFinite(d);
  }

  /// Where among the bytes that hold 2 bits each of four values those of value `i` are.
  private static int place(int i) { return 32 * (i / 128) + i % 32; }
}
