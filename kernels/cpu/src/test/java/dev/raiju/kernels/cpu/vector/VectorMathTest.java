package dev.raiju.kernels.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cpu.scalar.ScalarMath;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/// Sweeps over the whole range of floats, a prime step apart.
final class VectorMathTest {
  private static final int BLOCK = 1 << 12;

  @FunctionalInterface
  private interface Scalar {
    float of(float x);
  }

  /// Applies a vector function to the first vectors' worth of `x`, so that the loop holds no interface call.
  @FunctionalInterface
  private interface Whole {
    void of(float[] x, float[] y);
  }

  @Test
  void expIsExactToOneUlp() { assertUlps(1.02, ScalarMath::exp, StrictMath::exp); }

  @Test
  void logIsExactToOneUlp() { assertUlps(0.83, ScalarMath::log, StrictMath::log); }

  @Test
  void tanhIsExactToLessThanThreeUlps() { assertUlps(2.62, ScalarMath::tanh, StrictMath::tanh); }

  @Test
  void expHasTheSameBitsInVectors() { assertSameBits(ScalarMath::exp, VectorMathTest::exp); }

  @Test
  void logHasTheSameBitsInVectors() { assertSameBits(ScalarMath::log, VectorMathTest::log); }

  @Test
  void tanhHasTheSameBitsInVectors() { assertSameBits(ScalarMath::tanh, VectorMathTest::tanh); }

  @Test
  void knowsTheEndsOfTheRange() {
    assertEquals(0f, ScalarMath.exp(Float.NEGATIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, ScalarMath.exp(Float.POSITIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, ScalarMath.exp(88.73f));
    assertEquals(Float.MIN_VALUE, ScalarMath.exp(-103.5f));
    assertEquals(1f, ScalarMath.exp(-0f));
    assertEquals(Float.NEGATIVE_INFINITY, ScalarMath.log(0f));
    assertEquals(Float.NEGATIVE_INFINITY, ScalarMath.log(-0f));
    assertEquals(Float.POSITIVE_INFINITY, ScalarMath.log(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(ScalarMath.log(-Float.MIN_VALUE)));
    assertEquals((float) StrictMath.log(Float.MIN_VALUE), ScalarMath.log(Float.MIN_VALUE));
    assertEquals(1f, ScalarMath.tanh(Float.POSITIVE_INFINITY));
    assertEquals(-1f, ScalarMath.tanh(Float.NEGATIVE_INFINITY));
    assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(ScalarMath.tanh(-0f)));
    assertEquals(Float.MIN_VALUE, ScalarMath.tanh(Float.MIN_VALUE));
    assertTrue(Float.isNaN(ScalarMath.exp(Float.NaN)) && Float.isNaN(ScalarMath.log(Float.NaN)) && Float.isNaN(ScalarMath.tanh(
        Float.NaN)));
  }

  /// A first float and a step that together visit every exponent with changing fractions.
  private static float[] block(int number, int step) {
    float[] x = new float[BLOCK];
    for (int i = 0; i < BLOCK; i++) x[i] = Float.intBitsToFloat((number * BLOCK + i) * step);
    return x;
  }

  private static void assertUlps(double bound, Scalar function, DoubleUnaryOperator exact) {
    int step = 10007;
    IntStream.range(0, (int) ((1L << 32) / step / BLOCK) + 1).parallel().forEach(number -> {
      for (float x : block(number, step)) {
        float got = function.of(x);
        double want = exact.applyAsDouble(x);
        assertTrue(near(got, want, bound), () -> x + " gives " + got + ", exact " + want);
      }
    });
  }

  private static boolean near(float got, double want, double bound) {
    float rounded = (float) want;
    if (Float.isNaN(rounded) || Float.isInfinite(rounded) || rounded == 0) return Float.compare(got, rounded) == 0;
    return Math.abs(got - want) <= bound * Math.ulp(rounded);
  }

  private static void assertSameBits(Scalar scalar, Whole vector) {
    int step = 4099;
    float[] y = new float[BLOCK];
    for (int number = 0; number < (int) ((1L << 32) / step / BLOCK) + 1; number++) {
      float[] x = block(number, step);
      vector.of(x, y);
      // compare() takes all NaNs as equal, and -0 and 0 as different
      for (int i = 0; i < BLOCK; i++) assertTrue(Float.compare(scalar.of(x[i]), y[i]) == 0, "at " + x[i]);
    }
  }

  private static void exp(float[] x, float[] y) {
    for (int i = 0; i < x.length; i += Lanes.COUNT) VectorMath.exp(FloatVector.fromArray(Lanes.F32, x, i)).intoArray(y, i);
  }

  private static void log(float[] x, float[] y) {
    for (int i = 0; i < x.length; i += Lanes.COUNT) VectorMath.log(FloatVector.fromArray(Lanes.F32, x, i)).intoArray(y, i);
  }

  private static void tanh(float[] x, float[] y) {
    for (int i = 0; i < x.length; i += Lanes.COUNT) VectorMath.tanh(FloatVector.fromArray(Lanes.F32, x, i)).intoArray(y, i);
  }
}
