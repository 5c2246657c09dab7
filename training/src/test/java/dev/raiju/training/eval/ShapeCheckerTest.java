package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.Caption;
import dev.raiju.training.data.Combination;
import dev.raiju.training.data.Combinations;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Handwriting;
import dev.raiju.training.data.MovingDigits;
import dev.raiju.training.data.MovingShapes;
import dev.raiju.training.data.Relation;
import dev.raiju.training.data.Scene;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ShapeCheckerTest {
  private static final Combinations ALL = new Combinations(Combination.shapes(), Combination.digits());
  private static final MovingShapes SHAPES = MovingShapes.of(1234, ALL);
  private static final MovingDigits DIGITS = MovingDigits.of(1234, ALL, Handwriting.training());

  @Test
  void readsEveryCleanClipRight() {
    assertEquals(0, wrong(2100, 0, 6, UnaryOperator.identity()));
  }

  /// Some handwriting is one digit as well as another.
  @Test
  void readsNinetyNineInAHundredDigits() {
    int wrong = wrong(2100, 6, 7, UnaryOperator.identity());
    assertTrue(wrong <= 3, wrong + " of 300 read wrong");
  }

  @Test
  void readsNinetyNineInAHundredThroughBlurAndNoise() {
    int wrong = wrong(1000, 0, 7, frames -> Spoiled.of(frames, Arrays.hashCode(frames.rgb())));
    assertTrue(wrong <= 10, wrong + " of 1000 read wrong");
  }

  /// One shape, two shapes, pictures and digits in turn, judged by everything that a caption could say.
  ///
  /// @param first the first place of every seven that is looked at
  /// @param end the place before which that ends
  private static int wrong(int clips, int first, int end, UnaryOperator<Frames> decoder) {
    int wrong = 0;
    for (int i = 0; i < clips; i++) {
      if (i % 7 < first || i % 7 >= end) continue;
      Example example = switch (i % 7) {
        case 0, 1 -> SHAPES.one(i);
        case 2, 3, 4 -> SHAPES.two(i);
        case 5 -> SHAPES.picture(i);
        default -> DIGITS.clip(i);
      };
      Judgement judgement = ShapeChecker.judge(full(example), decoder.apply(example.paint()));
      if (!judgement.right()) {
        System.out.println("read wrong: " + example.text() + ": " + judgement);
        wrong++;
      }
    }
    return wrong;
  }

  private static Caption full(Example example) {
    Optional<Relation> relation = example.scene().frames() == 1 ? example.scene().relation() : Optional.empty();
    return new Caption(example.scene().caption().objects(), relation);
  }

  @Test
  void rejectsClipsWithOneAttributeChanged() {
    int accepted = 0;
    int notNamed = 0;
    int clips = 0;
    for (int i = 0; i < 100; i++) {
      for (Example example : new Example[] {SHAPES.one(i), SHAPES.two(i), DIGITS.clip(i)}) {
        for (Attribute attribute : Attribute.values()) {
          Optional<Scene> changed = Changed.scene(example.scene(), attribute, i);
          if (changed.isEmpty()) continue;
          clips++;
          Judgement judgement = ShapeChecker.judge(full(example), changed.get().paint());
          if (judgement.right()) accepted++;
          if (judgement.of(attribute).isEmpty() || judgement.of(attribute).get().right()) notNamed++;
        }
      }
    }
    assertTrue(clips >= 1000, clips + " clips");
    assertTrue(accepted <= clips / 100, accepted + " of " + clips + " accepted");
    assertTrue(notNamed <= clips / 50, notNamed + " of " + clips + " rejected for another reason");
  }

  @Test
  void rejectsClipsSpoiledInTime() {
    for (int i = 0; i < 40; i++) {
      for (Example example : new Example[] {SHAPES.one(i), SHAPES.two(i)}) {
        Frames frames = example.paint();
        assertFlaw(example, InTime.missing(frames, 5 + i % 12));
        assertFlaw(example, InTime.dimmed(frames, 5 + i % 12));
        assertFlaw(example, InTime.shifted(frames, 5 + i % 12, 8));
        assertTrue(steadiness(example, InTime.shifted(frames, 5 + i % 12, 0)).right(), "no flaw without a shift");
      }
    }
  }

  @Test
  void rejectsAShapeThatBecomesAnother() {
    for (int i = 0; i < 40; i++) {
      Example example = SHAPES.one(i);
      Frames after = Changed.scene(example.scene(), Attribute.SHAPE, i).orElseThrow().paint();
      assertFlaw(example, InTime.cut(example.paint(), after, 4 + i % 10));
      assertFlaw(example, Spoiled.of(InTime.cut(example.paint(), after, 4 + i % 10), i));
    }
  }

  @Test
  void rejectsAStrayObjectInOneFrame() {
    for (int i = 0; i < 20; i++) {
      Example example = SHAPES.one(i);
      assertFlaw(example, InTime.stray(example.paint(), 3 + i % 14));
    }
  }

  private static void assertFlaw(Example example, Frames frames) {
    Verdict verdict = steadiness(example, frames);
    assertFalse(verdict.right(), example.text() + ": " + verdict);
  }

  private static Verdict steadiness(Example example, Frames frames) {
    return ShapeChecker.judge(full(example), frames).of(Attribute.STEADINESS).orElseThrow();
  }

  @Test
  void anEmptyClipShowsNothing() {
    ClipReading reading = ShapeChecker.read(Frames.of(17, 64, 64, new byte[17 * 64 * 64 * 3]));
    assertEquals(0, reading.objects().size());
    Judgement judgement = ShapeChecker.judge(SHAPES.one(0).caption(), reading);
    assertTrue(judgement.verdicts().stream().noneMatch(Verdict::right), judgement.toString());
  }

  @Test
  void noiseAloneIsNeverRight() {
    for (int i = 0; i < 3; i++) {
      byte[] noise = new byte[17 * 64 * 64 * 3];
      new Random(i).nextBytes(noise);
      assertFalse(ShapeChecker.judge(SHAPES.one(i).caption(), Frames.of(17, 64, 64, noise)).right());
    }
  }

  @Test
  void whatIsLeftOpenIsRight() {
    Caption caption = Caption.parse("a shape: a circle").caption();
    for (int i = 0; i < 50; i++) {
      Example example = SHAPES.one(i);
      boolean circle = example.scene().actors().getFirst().subject().word().equals("circle");
      assertEquals(circle, ShapeChecker.judge(caption, example.paint()).right());
    }
  }

  @Test
  void verdictsSayWhatWasWantedAndSeen() {
    Example example = SHAPES.one(0);
    Caption caption = Caption.parse("a circle and a star").caption();
    Verdict count = ShapeChecker.judge(caption, example.paint()).of(Attribute.COUNT).orElseThrow();
    assertEquals(new Verdict(Attribute.COUNT, "2", "1", false), count);
    Verdict shape = ShapeChecker.judge(caption, example.paint()).of(Attribute.SHAPE).orElseThrow();
    assertEquals("circle, star", shape.wanted());
    assertFalse(shape.right());
  }

  @Test
  void rejectsPromptsWithManyObjects() {
    Caption caption = Caption.parse("circle ".repeat(5)).caption();
    Frames frames = SHAPES.one(0).paint();
    assertThrows(IllegalArgumentException.class, () -> ShapeChecker.judge(caption, frames));
  }
}
