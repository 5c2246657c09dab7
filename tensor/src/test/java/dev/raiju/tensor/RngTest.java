package dev.raiju.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RngTest {
  @Test
  void tensorsHoldTheNumbersThatWouldBeDrawnOneByOne() {
    try (Scope _ = Scope.open()) {
      Rng whole = Rng.of(5).stream(3);
      float[] all = new float[12];
      for (int i = 0; i < all.length; i++) all[i] = whole.nextNormal();
      Rng parts = Rng.of(5).stream(3);
      assertArrayEquals(Arrays.copyOf(all, 7), parts.normal(Device.reference(), 7).toFloats());
      assertEquals(7, parts.position());
      assertArrayEquals(Arrays.copyOfRange(all, 7, 12), parts.normal(Device.reference(), 5).toFloats());
    }
  }

  @Test
  void seedStreamAndPositionAreTheWholeState() {
    Rng rng = Rng.of(9).stream("data");
    rng.permutation(100);
    Rng copy = Rng.of(rng.seed()).stream(rng.stream()).seek(rng.position());
    for (int i = 0; i < 100; i++) assertEquals(rng.nextBits(), copy.nextBits());
    assertNotEquals(Rng.of(9).stream("noise").stream(), Rng.of(9).stream("data").stream());
  }

  @Test
  void permutationsAreFair() {
    Rng rng = Rng.of(1);
    int[][] counts = new int[5][5];
    int runs = 20_000;
    for (int n = 0; n < runs; n++) {
      int[] order = rng.permutation(5);
      assertArrayEquals(IntStream.range(0, 5).toArray(), Arrays.stream(order).sorted().toArray());
      for (int i = 0; i < 5; i++) counts[i][order[i]]++;
    }
    // five standard deviations of a binomial count
    for (int[] row : counts) for (int count : row) assertEquals(runs / 5.0, count, 5 * Math.sqrt(runs * 0.2 * 0.8));
  }

  @Test
  void wholeNumbersStayBelowTheirBound() {
    Rng rng = Rng.of(2);
    int[] counts = new int[7];
    for (int n = 0; n < 70_000; n++) counts[rng.nextInt(7)]++;
    for (int count : counts) assertEquals(10_000, count, 5 * Math.sqrt(10_000));
    assertEquals(0, rng.nextInt(1));
    assertThrows(IllegalArgumentException.class, () -> rng.nextInt(0));
  }
}
