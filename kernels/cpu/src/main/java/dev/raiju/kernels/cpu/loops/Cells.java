package dev.raiju.kernels.cpu.loops;

import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Single numbers at absolute addresses, little-endian, at any alignment.
public final class Cells {
  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Cells() {}

  public static float getFloat(long address) { return ALL.get(FLOAT, address); }

  public static void setFloat(long address, float value) { ALL.set(FLOAT, address, value); }

  public static double getDouble(long address) { return ALL.get(DOUBLE, address); }

  public static void setDouble(long address, double value) { ALL.set(DOUBLE, address, value); }

  public static long getLong(long address) { return ALL.get(LONG, address); }

  public static void setLong(long address, long value) { ALL.set(LONG, address, value); }

  public static int getInt(long address) { return ALL.get(INT, address); }

  public static void setInt(long address, int value) { ALL.set(INT, address, value); }

  public static short getShort(long address) { return ALL.get(SHORT, address); }

  public static void setShort(long address, short value) { ALL.set(SHORT, address, value); }

  public static byte getByte(long address) { return ALL.get(ValueLayout.JAVA_BYTE, address); }

  public static void setByte(long address, byte value) { ALL.set(ValueLayout.JAVA_BYTE, address, value); }

  public static void copy(long from, long to, long bytes) { MemorySegment.copy(ALL, from, ALL, to, bytes); }

  public static void clear(long address, long bytes) { ALL.asSlice(address, bytes).fill((byte) 0); }
}
