package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.DoubleToIntFunction;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class NarrowTest {
  /// A narrow type as IEEE 754 describes it: sign, exponent bits, fraction bits. Codes of positive values, from 0 on, are in the
  /// order of their values.
  private enum Format {
    BF16(8, 7), F16(5, 10), E5M2(5, 2), E4M3(4, 3);

    final int signBit;
    final int exponentBits;
    final int fractionBits;
    final int bias;
    // the values of the codes 0, 1, … and at the end the one that the first code beyond would have
    final double[] values;

    Format(int exponentBits, int fractionBits) {
      this.signBit = 1 << (exponentBits + fractionBits);
      this.exponentBits = exponentBits;
      this.fractionBits = fractionBits;
      this.bias = (1 << (exponentBits - 1)) - 1;
      // e4m3 has no infinity and one NaN, the last code; the others keep the last exponent for them
      int finite = exponentBits == 4 ? signBit - 1 : signBit - (1 << fractionBits);
      this.values = new double[finite + 1];
      Arrays.setAll(values, this::value);
    }

    private double value(int code) {
      int exponent = code >> fractionBits;
      double fraction = (code & (1 << fractionBits) - 1) * Math.pow(2, -fractionBits);
      return exponent == 0
          ? fraction * Math.pow(2, 1.0 - bias)
          : (1 + fraction) * Math.pow(2, (double) exponent - bias);
    }

    int overflow() { return values.length - 1; }

    /// The code of the value next to `x`, of two equally near the even one, found by looking through all values.
    int nearest(double x) {
      int sign = Double.doubleToRawLongBits(x) < 0 ? signBit : 0;
      double magnitude = Math.abs(x);
      int found = Arrays.binarySearch(values, magnitude);
      if (found >= 0) return sign | found;
      int above = -found - 1;
      if (above == values.length) return sign | overflow();
      // exact: neighbours differ in the last of at most 11 bits
      double middle = (values[above - 1] + values[above]) / 2;
      return sign | (magnitude < middle || magnitude == middle && above % 2 == 1 ? above - 1 : above);
    }
  }

  private static DoubleToIntFunction rounding(Format format) {
    return switch (format) {
      case BF16 -> x -> Narrow.toBf16(x) & 0xffff;
      case F16 -> x -> Narrow.toF16(x) & 0xffff;
      case E5M2 -> x -> Narrow.toE5m2(x) & 0xff;
      case E4M3 -> x -> Narrow.toE4m3(x) & 0xff;
    };
  }

  private static IntToDoubleFunction widening(Format format) {
    return switch (format) {
      case BF16 -> code -> Narrow.fromBf16((short) code);
      case F16 -> code -> Float.float16ToFloat((short) code);
      case E5M2 -> code -> Narrow.fromE5m2((byte) code);
      case E4M3 -> code -> Narrow.fromE4m3((byte) code);
    };
  }

  private static void assertRounds(Format format, double x) {
    int code = rounding(format).applyAsInt(x);
    if (Double.isNaN(x)) assertTrue(Double.isNaN(widening(format).applyAsDouble(code)), format + " " + x);
    else if (format.nearest(x) != code) assertEquals(format.nearest(x), code, format + " " + x);
  }

  @Test
  void everyCodeHasTheValueOfItsFields() {
    for (Format format : Format.values()) {
      for (int code = 0; code < 2 * format.signBit; code++) {
        int magnitude = code & format.signBit - 1;
        double value = widening(format).applyAsDouble(code);
        double sign = code < format.signBit ? 1.0 : -1.0;
        if (magnitude < format.overflow()) assertEquals(sign * format.values[magnitude], value, format + " " + code);
        else if (format != Format.E4M3 && magnitude == format.overflow()) assertEquals(sign * Double.POSITIVE_INFINITY, value);
        else
          assertTrue(Double.isNaN(value), format + " " + code);
      }
    }
  }

  @Test
  void everyCodeComesBack() {
    for (Format format : Format.values()) {
      for (int code = 0; code < 2 * format.signBit; code++) {
        double value = widening(format).applyAsDouble(code);
        if (!Double.isNaN(value)) assertEquals(code, rounding(format).applyAsInt(value), format + " " + code);
        assertRounds(format, value);
      }
    }
  }

  @Test
  void roundsToNearestEvenBesideEveryMiddle() {
    for (Format format : Format.values()) {
      for (int code = 1; code < format.values.length; code++) {
        double middle = (format.values[code - 1] + format.values[code]) / 2;
        for (double x : new double[] {middle, Math.nextUp(middle), Math.nextDown(middle), format.values[code], Math.nextUp(
            format.values[code]), Math.nextDown(format.values[code])}) {
          assertRounds(format, x);
          assertRounds(format, -x);
        }
      }
    }
  }

  @Test
  void roundsAMillionDoublesOfAnySize() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 1_000_000; n++) {
      double any = Double.longBitsToDouble(random.nextLong());
      double usual = Math.scalb(random.nextDouble() - 0.5, random.nextInt(-30, 20));
      for (Format format : Format.values()) {
        assertRounds(format, any);
        assertRounds(format, usual);
      }
    }
  }

  @Test
  void roundsAMillionFloats() {
    SplittableRandom random = new SplittableRandom(2);
    for (int n = 0; n < 1_000_000; n++) {
      float x = Float.intBitsToFloat(random.nextInt());
      int code = Narrow.toBf16(x) & 0xffff;
      if (Float.isNaN(x)) assertTrue(Float.isNaN(Narrow.fromBf16((short) code)));
      else
        assertEquals(Format.BF16.nearest(x), code);
      if (!Float.isNaN(x)) assertEquals(Float.floatToFloat16(x), Narrow.toF16((double) x));
    }
  }

  @Test
  void specialValuesStayWhatTheyAre() {
    for (Format format : Format.values()) {
      for (double x : new double[] {0.0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE,
        -Double.MIN_VALUE, Double.MAX_VALUE, Float.MAX_VALUE, 0x1.fffffffffp127, -0x1.fffffffffp127}) {
        assertRounds(format, x);
      }
    }
  }

  @Test
  void eightBitCodesMeanWhatPyTorchSays() throws Exception {
    ByteBuffer codes = data("fp8.safetensors");
    ByteBuffer values = data("fp8_expected.safetensors");
    // the files hold 256 codes of e4m3, a matrix, 256 codes of e5m2; and 256 values of each in a row
    for (int code = 0; code < 256; code++) {
      assertEquals(values.getFloat(4 * code), Narrow.fromE4m3(codes.get(code)));
      assertEquals(values.getFloat(1024 + 4 * code), Narrow.fromE5m2(codes.get(2368 + code)));
    }
  }

  private static ByteBuffer data(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(NarrowTest.class.getResourceAsStream("io/" + name))) {
      ByteBuffer file = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int begin = 8 + (int) file.getLong(0);
      return file.slice(begin, file.limit() - begin).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
