package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PhiloxTest {
  private static int[] words(long... words) { return Arrays.stream(words).mapToInt(w -> (int) w).toArray(); }

  /// The lines `philox4x32 10` of the file kat_vectors of Random123.
  @Test
  void givesThePublishedAnswers() {
    check(words(0, 0, 0, 0), 0, words(0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L));
    check(words(-1, -1, -1, -1), -1, words(0x408f276dL, 0x41c83b0eL, 0xa20bc7c6L, 0x6d5451fdL));
    check(words(0x243f6a88L, 0x85a308d3L, 0x13198a2eL, 0x03707344L), 0x299f31d0a4093822L, words(0xd16cfe09L, 0x94fdccebL,
        0x5001e420L, 0x24126ea1L));
  }

  private static void check(int[] counter, long key, int[] expected) {
    int[] block = counter.clone();
    Philox.block(key, block);
    assertArrayEquals(expected, block);
  }

  @Test
  void agreesWithTheDefinitionInLargeIntegers() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 2000; n++) {
      int[] counter = random.ints(4).toArray();
      long key = random.nextLong();
      check(counter, key, defined(counter, key));
    }
  }

  /// Section 3.3 of the paper, word for word.
  private static int[] defined(int[] counter, long key) {
    BigInteger mask = BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE);
    BigInteger[] x = Arrays.stream(counter).mapToObj(w -> BigInteger.valueOf(w).and(mask)).toArray(BigInteger[]::new);
    BigInteger k0 = BigInteger.valueOf(key).and(mask);
    BigInteger k1 = BigInteger.valueOf(key >>> 32);
    for (int round = 0; round < 10; round++) {
      BigInteger p0 = x[0].multiply(new BigInteger("D2511F53", 16));
      BigInteger p1 = x[2].multiply(new BigInteger("CD9E8D57", 16));
      x = new BigInteger[] {p1.shiftRight(32).xor(x[1]).xor(k0), p1.and(mask), p0.shiftRight(32).xor(x[3]).xor(k1), p0.and(mask)};
      k0 = k0.add(new BigInteger("9E3779B9", 16)).and(mask);
      k1 = k1.add(new BigInteger("BB67AE85", 16)).and(mask);
    }
    return Arrays.stream(x).mapToInt(BigInteger::intValue).toArray();
  }

  @Test
  void anyElementCanBeDrawnAlone() {
    SplittableRandom random = new SplittableRandom(2);
    for (int n = 0; n < 1000; n++) {
      long seed = random.nextLong();
      long stream = random.nextLong();
      long index = random.nextLong(Long.MAX_VALUE);
      int[] block = {(int) (index / 4), (int) (index / 4 >>> 32), (int) stream, (int) (stream >>> 32)};
      Philox.block(seed, block);
      assertEquals(block[(int) (index % 4)], Philox.bits(seed, stream, index));
    }
  }

  @Test
  void uniformNumbersLieStrictlyBetweenZeroAndOne() {
    assertEquals(0x1p-24f, Philox.uniform(0));
    assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
    for (int step = 0; step < 1 << 23; step++) {
      float u = Philox.uniform(step << 9);
      if (u != (step + 0.5) / (1 << 23)) assertEquals((step + 0.5) / (1 << 23), u);
    }
  }

  /// Over all 2^23 values that the transform can take: the distance to the true quantile, by a Newton step with erf from its
  /// series of positive terms.
  @Test
  void normalNumbersAreQuantilesToSixDigits() {
    double worst = 0;
    for (int step = 1 << 22; step < 1 << 23; step++) {
      double z = Philox.normal(step << 9);
      if (Philox.normal(~step << 9) != -z) assertEquals(-z, Philox.normal(~step << 9), "not symmetric at " + step);
      double x = (step - (1 << 22) + 0.5) / (1 << 22);
      double slope = Math.sqrt(2 / Math.PI) * Math.exp(-z * z / 2);
      worst = Math.max(worst, Math.abs((x - erf(z / Math.sqrt(2))) / slope / z));
    }
    assertTrue(worst < 1e-5, "relative error " + worst);
  }

  /// 2/√π · exp(-t²) · Σ 2^n t^(2n+1) / (1·3·…·(2n+1)). Abramowitz and Stegun, 7.1.6.
  private static double erf(double t) {
    double term = t;
    double sum = t;
    for (int n = 1; term > 1e-17 * sum; n++) {
      term *= 2 * t * t / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-t * t) * sum;
  }

  @Test
  void momentsAreThoseOfTheDistributions() {
    int count = 1_000_000;
    double[] uniform = new double[4];
    double[] normal = new double[4];
    for (int i = 0; i < count; i++) {
      int bits = Philox.bits(42, 7, i);
      double u = Philox.uniform(bits) - 0.5;
      double z = Philox.normal(bits);
      for (int k = 0; k < 4; k++) {
        uniform[k] += Math.pow(u, k + 1) / count;
        normal[k] += Math.pow(z, k + 1) / count;
      }
    }
    // five standard errors of each sample moment
    assertArrayEquals(new double[] {0, 1 / 12.0, 0, 1 / 80.0}, uniform, 5 * 0.3 / Math.sqrt(count));
    double[] spread = {1, Math.sqrt(2), Math.sqrt(15), Math.sqrt(96)};
    double[] expected = {0, 1, 0, 3};
    for (int k = 0; k < 4; k++) assertEquals(expected[k], normal[k], 5 * spread[k] / Math.sqrt(count), "moment " + (k + 1));
  }

  @Test
  void streamsAndSeedsAreUnrelated() {
    int count = 100_000;
    double[] correlation = new double[3];
    for (int i = 0; i < count; i++) {
      double z = Philox.normal(Philox.bits(1, 0, i));
      correlation[0] += z * Philox.normal(Philox.bits(1, 1, i)) / count;
      correlation[1] += z * Philox.normal(Philox.bits(2, 0, i)) / count;
      correlation[2] += z * Philox.normal(Philox.bits(1, 0, i + 1)) / count;
    }
    for (double c : correlation) assertEquals(0, c, 5 / Math.sqrt(count));
  }
}
