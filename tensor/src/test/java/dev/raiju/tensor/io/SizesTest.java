package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class SizesTest {
  private static final long[] EDGES = {0, 1, 2, 3, 7, 8, 31, 32, 1L << 31, (1L << 31) - 1, (1L << 32) + 1, 1L << 53, 1L << 62,
    (1L << 62) + 1, Long.MAX_VALUE - 31, Long.MAX_VALUE - 1, Long.MAX_VALUE, -1, Long.MIN_VALUE};

  @Test
  void sumsAreExactOrThrow() {
    for (long a : EDGES) {
      for (long b : EDGES) expect(big(a).add(big(b)), a < 0 || b < 0, () -> Sizes.add(a, b));
    }
  }

  @Test
  void paddingIsExactOrThrows() {
    for (long size : EDGES) {
      for (int power = 0; power < 63; power++) {
        long alignment = 1L << power;
        BigInteger units = big(size).add(big(alignment - 1)).divide(big(alignment));
        expect(units.multiply(big(alignment)), size < 0, () -> Sizes.pad(size, alignment));
      }
      for (long wrong : new long[] {0, -1, 3, 6, 33, Long.MIN_VALUE}) {
        assertThrows(ArithmeticException.class, () -> Sizes.pad(size, wrong));
      }
    }
  }

  @Test
  void productsAreExactOrThrow() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 200_000; n++) {
      long[] dims = random.ints(random.nextInt(5), 0, EDGES.length).mapToLong(i -> EDGES[i]).toArray();
      long unit = 1L << random.nextInt(4);
      boolean negative = Arrays.stream(dims).anyMatch(d -> d < 0);
      BigInteger strides = Arrays.stream(dims).map(d -> Math.max(1, d)).mapToObj(SizesTest::big).reduce(big(unit),
          BigInteger::multiply);
      boolean empty = Arrays.stream(dims).anyMatch(d -> d == 0);
      boolean refused = negative || strides.bitLength() > 63;
      expect(empty ? BigInteger.ZERO : strides, refused, () -> Sizes.product(unit, dims));
    }
  }

  private static void expect(BigInteger exact, boolean refused, LongSupplier computed) {
    if (refused || exact.bitLength() > 63) assertThrows(ArithmeticException.class, computed::getAsLong);
    else
      assertEquals(exact.longValueExact(), computed.getAsLong());
  }

  private static BigInteger big(long value) { return BigInteger.valueOf(value); }
}
