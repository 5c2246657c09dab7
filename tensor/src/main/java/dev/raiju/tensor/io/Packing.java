package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// f32 to packed blocks of 32 values, with the arithmetic of `ggml-quants.c`.
final class Packing {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Packing() {}

  /// Packs whole blocks.
  ///
  /// @throws IllegalArgumentException if a value is not finite, or so large that f16 does not hold its scale
  static void run(DType type, MemorySegment from, MemorySegment to) {
    float[] x = new float[type.unit()];
    for (long block = 0; block < to.byteSize() / type.unitBytes(); block++) {
      MemorySegment.copy(from, FLOAT, 4 * block * x.length, x, 0, x.length);
      long y = block * type.unitBytes();
      if (type == DType.Q8_0) bytes(x, to, y);
      else halves(x, to, y);
    }
  }

  /// The value farthest from 0.
  private static float extreme(float[] x) {
    float extreme = 0;
    for (float value : x) {
      if (!(Math.abs(value) <= Math.abs(extreme))) extreme = value;
    }
    return extreme;
  }

  /// The scale makes the extreme ±127.
  private static void bytes(float[] x, MemorySegment to, long y) {
    float scale = Math.abs(extreme(x)) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    to.set(SHORT, y, half(scale));
    for (int j = 0; j < 32; j++) {
      float code = x[j] * inverse;
      // halves away from zero, as C's roundf
      to.set(BYTE, y + 2 + j, (byte) (code < 0 ? -Math.floor(0.5 - code) : Math.floor(0.5 + code)));
    }
  }

  /// The scale makes the extreme -8, whatever its sign.
  private static void halves(float[] x, MemorySegment to, long y) {
    float scale = extreme(x) / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    to.set(SHORT, y, half(scale));
    for (int j = 0; j < 16; j++) to.set(BYTE, y + 2 + j, (byte) (code(x[j] * inverse) | code(x[j + 16] * inverse) << 4));
  }

  private static short half(float scale) {
    short half = Float.floatToFloat16(scale);
    if (!Float.isFinite(Float.float16ToFloat(half))) {
      throw new IllegalArgumentException("pack: scale " + scale + " of a block is not an f16; the values must be below 500,000");
    }
    return half;
  }

  private static int code(float value) { return Math.min(15, (int) (value + 8.5f)); }
}
