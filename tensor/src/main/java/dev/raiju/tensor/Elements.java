package dev.raiju.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Single elements of every plain type in little-endian memory. The slow and certain way.
public final class Elements {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Elements() {}

  /// Element `index`, counted from the beginning of `memory`, as a double. 64-bit integers are rounded.
  public static double getDouble(DType type, MemorySegment memory, long index) {
    return switch (type) {
      case F64 -> memory.get(DOUBLE, 8 * index);
      case F32 -> memory.get(FLOAT, 4 * index);
      case F16 -> Float.float16ToFloat(memory.get(SHORT, 2 * index));
      case BF16 -> Narrow.fromBf16(memory.get(SHORT, 2 * index));
      case F8_E4M3 -> Narrow.fromE4m3(memory.get(ValueLayout.JAVA_BYTE, index));
      case F8_E5M2 -> Narrow.fromE5m2(memory.get(ValueLayout.JAVA_BYTE, index));
      case U64 -> unsigned(memory.get(LONG, 8 * index));
      default -> getLong(type, memory, index);
    };
  }

  private static double unsigned(long value) { return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0; }

  /// Element `index` as a long: floats are cut towards zero, a bool is 0 or 1, the top half of u64 wraps.
  public static long getLong(DType type, MemorySegment memory, long index) {
    return switch (type) {
      case I64, U64 -> memory.get(LONG, 8 * index);
      case I32 -> memory.get(INT, 4 * index);
      case U32 -> Integer.toUnsignedLong(memory.get(INT, 4 * index));
      case I16 -> memory.get(SHORT, 2 * index);
      case U16 -> Short.toUnsignedLong(memory.get(SHORT, 2 * index));
      case I8 -> memory.get(ValueLayout.JAVA_BYTE, index);
      case U8 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, index));
      case BOOL -> memory.get(ValueLayout.JAVA_BYTE, index) != 0 ? 1 : 0;
      case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> (long) getDouble(type, memory, index);
      default -> throw new IllegalArgumentException("element: " + type + " has no single elements");
    };
  }

  /// Stores a value: rounded to nearest even for floats; for integers cut towards zero and clamped, NaN as 0.
  public static void setDouble(DType type, MemorySegment memory, long index, double value) {
    switch (type) {
      case F64 -> memory.set(DOUBLE, 8 * index, value);
      case F32 -> memory.set(FLOAT, 4 * index, (float) value);
      case F16 -> memory.set(SHORT, 2 * index, Narrow.toF16(value));
      case BF16 -> memory.set(SHORT, 2 * index, Narrow.toBf16(value));
      case F8_E4M3 -> memory.set(ValueLayout.JAVA_BYTE, index, Narrow.toE4m3(value));
      case F8_E5M2 -> memory.set(ValueLayout.JAVA_BYTE, index, Narrow.toE5m2(value));
      case BOOL -> memory.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
      case U64 -> memory.set(LONG, 8 * index, value >= 0x1p63
          ? (long) Math.min(value - 0x1p63, 0x1p63) ^ Long.MIN_VALUE
          : Math.max(0, (long) value));
      default -> setLong(type, memory, index, (long) Math.min(Math.max(value, least(type)), greatest(type)));
    }
  }

  /// Stores a whole number; integers keep the low bits.
  public static void setLong(DType type, MemorySegment memory, long index, long value) {
    switch (type) {
      case I64, U64 -> memory.set(LONG, 8 * index, value);
      case I32, U32 -> memory.set(INT, 4 * index, (int) value);
      case I16, U16 -> memory.set(SHORT, 2 * index, (short) value);
      case I8, U8 -> memory.set(ValueLayout.JAVA_BYTE, index, (byte) value);
      case BOOL -> memory.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
      case F32 -> memory.set(FLOAT, 4 * index, (float) value);
      case F64 -> memory.set(DOUBLE, 8 * index, value);
      case F16, BF16, F8_E4M3, F8_E5M2 -> setDouble(type, memory, index, forNarrow(value));
      default -> throw new IllegalArgumentException("element: " + type + " has no single elements");
    }
  }

  /// Stores an element of one type as another: between integers the low bits, to and from floats rounded once or cut.
  public static void convert(DType from, MemorySegment source, long index, DType to, MemorySegment target, long place) {
    if (isFloat(from)) {
      setDouble(to, target, place, getDouble(from, source, index));
      return;
    }
    long value = getLong(from, source, index);
    if (from == DType.U64 && value < 0 && isFloat(to)) {
      // beyond a long, but not beyond a float: half of it, where the bit that is lost sticks
      long half = value >>> 1 | value & 1;
      setDouble(to, target, place, 2 * (to == DType.F64 ? half : to == DType.F32 ? (float) half : forNarrow(half)));
    } else {
      setLong(to, target, place, value);
    }
  }

  private static boolean isFloat(DType type) {
    return type.isFloat() || type == DType.F8_E4M3 || type == DType.F8_E5M2;
  }

  /// A double that rounds on to any narrow type as `value` would: beyond 53 bits, what is cut off leaves a sticky bit.
  private static double forNarrow(long value) {
    if (value == (long) (double) value) return value;
    return (value >> 11 | ((value & 0x7ff) != 0 ? 1 : 0)) * 0x1p11;
  }

  private static double least(DType type) {
    return switch (type) {
      case I64 -> Long.MIN_VALUE;
      case I32 -> Integer.MIN_VALUE;
      case I16 -> Short.MIN_VALUE;
      case I8 -> Byte.MIN_VALUE;
      default -> 0;
    };
  }

  private static double greatest(DType type) {
    return switch (type) {
      case I64 -> Long.MAX_VALUE;
      case I32 -> Integer.MAX_VALUE;
      case I16 -> Short.MAX_VALUE;
      case I8 -> Byte.MAX_VALUE;
      case U32 -> 0xffffffffL;
      case U16 -> 0xffff;
      default -> 0xff;
    };
  }
}
