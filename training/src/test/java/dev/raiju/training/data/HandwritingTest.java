package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandwritingTest {
  @Test
  void holdsTenThousandDigitsOfWhichAFifthIsHeldOut() {
    // as many as the package has of each
    int[] counts = {1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978};
    for (int i = 0; i < Digit.COUNT; i++) {
      int training = Handwriting.training().of(new Digit(i)).size();
      assertEquals(counts[i], training + Handwriting.heldOut().of(new Digit(i)).size());
      assertEquals(0.8 * counts[i], training, 1);
    }
  }

  @Test
  void noSampleIsOnBothSides() {
    Set<Integer> ids = new HashSet<>();
    for (int i = 0; i < Digit.COUNT; i++) {
      for (Handwriting.Sample sample : Handwriting.training().of(new Digit(i))) assertTrue(ids.add(sample.id()));
      for (Handwriting.Sample sample : Handwriting.heldOut().of(new Digit(i))) assertTrue(ids.add(sample.id()));
    }
    assertEquals(10_000, ids.size());
  }

  @Test
  void reachIsTheOutermostInk() {
    for (Handwriting.Sample sample : Handwriting.training().of(new Digit(4)).subList(0, 50)) {
      for (int y = 0; y < Handwriting.SIDE; y++) {
        for (int x = 0; x < Handwriting.SIDE; x++) {
          if (sample.ink(x, y) == 0) continue;
          assertTrue(x + 1 <= 14 + sample.reach(1, 0) && x >= 14 - sample.reach(-1, 0));
          assertTrue(y + 1 <= 14 + sample.reach(0, 1) && y >= 14 - sample.reach(0, -1));
        }
      }
      assertTrue(sample.reach(1, 0) <= 14 && sample.reach(0, 1) <= 14);
    }
  }
}
