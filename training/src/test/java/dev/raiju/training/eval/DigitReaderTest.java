package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Handwriting;
import org.junit.jupiter.api.Test;

class DigitReaderTest {
  /// 98.7 % of every second of 2,004; a nearest neighbour on the pixels themselves reads 94 %.
  @Test
  void readsHandwritingThatItHasNotSeen() {
    Proportion right = Proportion.none();
    for (int i = 0; i < Digit.COUNT; i++) {
      Digit digit = new Digit(i);
      for (int k = 0; k < Handwriting.heldOut().of(digit).size(); k += 2) {
        right = right.plus(DigitReader.reader().read(DigitReader.ink(Handwriting.heldOut().of(digit).get(k))).equals(digit));
      }
    }
    assertTrue(right.rate() >= 0.98, right.toString());
  }
}
