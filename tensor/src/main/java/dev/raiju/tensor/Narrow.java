package dev.raiju.tensor;

/// Conversions between f32 or f64 and the narrow float types, one value at a time: rounded to nearest even, as IEEE 754 says;
/// a NaN stays a NaN.
public final class Narrow {
  private Narrow() {}

  public static float fromBf16(short bits) { return Float.intBitsToFloat(bits << 16); }

  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) return (short) (bits >>> 16 | 0x40);
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /// From a double with a single rounding.
  public static short toBf16(double value) { return toBf16(oddFloat(value)); }

  /// From a double with a single rounding.
  public static short toF16(double value) { return Float.floatToFloat16(oddFloat(value)); }

  /// The f32 next to `value` that rounds on to any narrower type as `value` itself would: when inexact, its last bit is set.
  private static float oddFloat(double value) {
    float near = (float) value;
    if (near == value || Float.isNaN(near) || Float.isInfinite(near) && Math.abs(value) >= 0x1p128) return near;
    float below = near > value ? Math.nextDown(near) : near;
    return (Float.floatToRawIntBits(below) & 1) != 0 ? below : Math.nextUp(below);
  }

  /// 4 exponent bits with bias 7, 3 fraction bits, no infinity; all ones is NaN.
  public static float fromE4m3(byte code) {
    int magnitude = code & 0x7f;
    float value = magnitude == 0x7f ? Float.NaN : small(magnitude >>> 3, magnitude & 7, 3, 7);
    return code < 0 ? -value : value;
  }

  /// 5 exponent bits with bias 15, 2 fraction bits: the upper half of an f16.
  public static float fromE5m2(byte code) { return Float.float16ToFloat((short) (code << 8)); }

  private static float small(int exponent, int fraction, int fractionBits, int bias) {
    float scale = Math.scalb(1f, (exponent == 0 ? 1 : exponent) - bias - fractionBits);
    return (exponent == 0 ? fraction : fraction + (1 << fractionBits)) * scale;
  }

  /// Values that round beyond the largest, 448, become NaN, since there is no infinity; 464, the middle to the next, is even at 448.
  public static byte toE4m3(double value) {
    int sign = Double.doubleToRawLongBits(value) < 0 ? 0x80 : 0;
    double magnitude = Math.abs(value);
    if (!(magnitude <= 464)) return (byte) (sign | 0x7f);
    int exponent = Math.max(magnitude == 0 ? -6 : Math.getExponent(magnitude), -6);
    long steps = (long) Math.rint(Math.scalb(magnitude, 3 - exponent));
    return (byte) (sign | (int) (steps + (exponent + 6L) * 8));
  }

  public static byte toE5m2(double value) {
    int sign = Double.doubleToRawLongBits(value) < 0 ? 0x80 : 0;
    double magnitude = Math.abs(value);
    if (Double.isNaN(value)) return (byte) (sign | 0x7e);
    if (magnitude >= 61440) return (byte) (sign | 0x7c);
    int exponent = Math.max(magnitude == 0 ? -14 : Math.getExponent(magnitude), -14);
    long steps = (long) Math.rint(Math.scalb(magnitude, 2 - exponent));
    return (byte) (sign | (int) (steps + (exponent + 14L) * 4));
  }
}
