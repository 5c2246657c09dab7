package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldOutTest {
  @Test
  void theListIsWhatTheRuleGives() {
    for (Combination combination : Combination.shapes()) {
      assertEquals(rule(combination), HeldOut.contains(combination), combination.words());
    }
    for (Combination combination : Combination.digits()) {
      assertEquals(rule(combination), HeldOut.contains(combination), combination.words());
    }
  }

  /// The rule that the list was made by.
  private static boolean rule(Combination combination) {
    return switch (combination) {
      case Combination.OfShape(ShapeKind shape, Colour colour, Motion motion) ->
        shape.ordinal() == (colour.ordinal() + 2 * motion.ordinal()) % 5;
      case Combination.OfDigit(Digit digit, Motion motion) -> digit.value() % 5 == (2 * motion.ordinal() + 1) % 5;
    };
  }

  @Test
  void aFifthIsHeldOut() {
    assertEquals(56, HeldOut.combinations().shapes().size());
    assertEquals(224, HeldOut.training().shapes().size());
    assertEquals(14, HeldOut.combinations().digits().size());
    assertEquals(56, HeldOut.training().digits().size());
  }

  @Test
  void everyPairOfAttributesIsTrained() {
    Set<String> pairs = new HashSet<>();
    for (Combination.OfShape c : HeldOut.training().shapes()) {
      pairs.add(c.shape() + " " + c.colour());
      pairs.add(c.shape() + " " + c.motion());
      pairs.add(c.colour() + " " + c.motion());
    }
    assertEquals(5 * 8 + 5 * 7 + 8 * 7, pairs.size());
  }

  @Test
  void everyDigitAndEveryMotionOfDigitsIsTrained() {
    assertEquals(10, HeldOut.training().digits().stream().map(Combination.OfDigit::digit).distinct().count());
    assertEquals(7, HeldOut.training().digits().stream().map(Combination.OfDigit::motion).distinct().count());
  }

  @Test
  void trainingNeverShowsIt() {
    ClipStream stream = ClipStream.of(21, Mixture.usual());
    for (int i = 0; i < 20_000; i++) {
      Example example = stream.next();
      for (Actor actor : example.scene().actors()) assertFalse(HeldOut.contains(Combination.of(actor)), example.text());
    }
  }
}
