package dev.raiju.kernels.cpu.scalar;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;

/// Conversions between f32 and narrower types, one element at a time.
public final class ScalarTypes {
  private ScalarTypes() {}

  public static void widen(DType type, long x, long y, int n) {
    for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, widen(type, x + (long) type.unitBytes() * i));
  }

  private static float widen(DType type, long x) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Cells.getShort(x));
      case BF16 -> Narrow.fromBf16(Cells.getShort(x));
      case I8 -> Cells.getByte(x);
      case U8 -> Byte.toUnsignedInt(Cells.getByte(x));
      case BOOL -> Cells.getByte(x) != 0 ? 1 : 0;
      default -> throw new IllegalArgumentException("widen: " + type);
    };
  }

  public static void narrow(DType type, long x, long y, int n) {
    for (int i = 0; i < n; i++) narrow(type, Cells.getFloat(x + 4L * i), y + (long) type.unitBytes() * i);
  }

  private static void narrow(DType type, float value, long y) {
    switch (type) {
      case F16 -> Cells.setShort(y, Float.floatToFloat16(value));
      case BF16 -> Cells.setShort(y, Narrow.toBf16(value));
      case BOOL -> Cells.setByte(y, (byte) (value != 0 ? 1 : 0));
      default -> throw new IllegalArgumentException("narrow: " + type);
    }
  }
}
