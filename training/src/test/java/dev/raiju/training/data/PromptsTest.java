package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PromptsTest {
  private static final List<EvaluationPrompt> PROMPTS = Prompts.heldOut(300, 1);

  @Test
  void everyObjectOfEveryPromptIsHeldOut() {
    for (EvaluationPrompt prompt : PROMPTS) {
      for (Phrase phrase : prompt.caption().objects()) assertTrue(HeldOut.contains(combination(phrase)), prompt.text());
    }
    for (EvaluationPrompt prompt : Prompts.trained(300, 1)) {
      for (Phrase phrase : prompt.caption().objects()) assertFalse(HeldOut.contains(combination(phrase)), prompt.text());
    }
  }

  @Test
  void everyHeldOutCombinationIsAskedFor() {
    Set<Combination> asked = new HashSet<>();
    PROMPTS.stream().filter(p -> p.kind() != ClipKind.TWO_SHAPES).forEach(p -> asked.add(combination(p.caption().objects()
        .getFirst())));
    assertEquals(56 + 14, asked.size());
  }

  @Test
  void thereAreAsManyOfEachKind() {
    for (ClipKind kind : List.of(ClipKind.ONE_SHAPE, ClipKind.TWO_SHAPES, ClipKind.DIGIT)) {
      assertEquals(100, PROMPTS.stream().filter(prompt -> prompt.kind() == kind).count());
    }
  }

  @Test
  void textsSayTheirCaptions() {
    for (EvaluationPrompt prompt : PROMPTS)
      assertEquals(new CaptionReading(prompt.caption(), List.of()), Caption.parse(prompt.text()));
  }

  @Test
  void aShorterSetIsTheBeginningOfALonger() { assertEquals(PROMPTS.subList(0, 20), Prompts.heldOut(20, 1)); }

  @Test
  void seedsDiffer() { assertEquals(300, PROMPTS.stream().map(EvaluationPrompt::seed).distinct().count()); }

  private static Combination combination(Phrase phrase) {
    return switch (phrase.subject()) {
      case ShapeKind shape -> new Combination.OfShape(shape, phrase.colour().orElseThrow(), phrase.motion().orElseThrow());
      case Digit digit -> new Combination.OfDigit(digit, phrase.motion().orElseThrow());
    };
  }
}
