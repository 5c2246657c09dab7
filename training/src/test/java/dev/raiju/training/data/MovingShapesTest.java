package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class MovingShapesTest {
  private static final MovingShapes SHAPES = MovingShapes.of(11, HeldOut.training());
  private static final MovingDigits DIGITS = MovingDigits.of(11, HeldOut.training(), Handwriting.training());

  /// The bytes of the shipped model's training clips: they may not change, on any machine.
  @Test
  void clipsAreAlwaysTheSame() {
    CRC32C sum = new CRC32C();
    for (int i = 0; i < 50; i++) {
      for (Example example : List.of(SHAPES.one(i), SHAPES.two(i), SHAPES.picture(i), DIGITS.clip(i), DIGITS.picture(i))) {
        sum.update(example.text().getBytes(StandardCharsets.UTF_8));
        sum.update(example.paint().rgb());
      }
    }
    assertEquals("c6ee98ef", Long.toHexString(sum.getValue()));
  }

  @Test
  void clipsDoNotDependOnOrderOrThread() {
    List<Example> forth = IntStream.range(0, 200).mapToObj(SHAPES::two).toList();
    List<Example> back = IntStream.range(0, 200).parallel().mapToObj(i -> MovingShapes.of(11, HeldOut.training()).two(199 - i))
        .toList();
    for (int i = 0; i < 200; i++) {
      assertEquals(forth.get(i), back.get(199 - i));
      assertEquals(forth.get(i).paint(), back.get(199 - i).paint());
    }
  }

  @Test
  void anotherSeedOrIndexIsAnotherClip() {
    assertNotEquals(SHAPES.one(0).scene(), SHAPES.one(1).scene());
    assertNotEquals(SHAPES.one(0).scene(), MovingShapes.of(12, HeldOut.training()).one(0).scene());
  }

  @Test
  void nothingLeavesThePicture() {
    for (int i = 0; i < 400; i++) {
      for (Example example : List.of(SHAPES.one(i), SHAPES.two(i), DIGITS.clip(i))) {
        Frames frames = example.paint();
        assertEquals(Frames.CLIP, frames.count());
        for (int t = 0; t < frames.count(); t++) {
          for (int k = 0; k < Frames.SIDE; k++) {
            for (int edge : new int[] {frames.offset(t, 0, k), frames.offset(t, 63, k), frames.offset(t, k, 0), frames.offset(t,
                k, 63)}) {
              assertEquals(8, frames.rgb()[edge], example.text());
            }
          }
        }
      }
    }
  }

  @Test
  void twoShapesHaveTwoColoursAndNeverTouch() { keepsApart(SHAPES, 400, 2); }

  @Test
  void twoShapesKeepAsFarApartAsIsAskedFor() {
    keepsApart(MovingShapes.of(11, HeldOut.training(), 6), 100, 6);
    String line = assertThrows(IllegalArgumentException.class, () -> MovingShapes.of(1, HeldOut.training(), -1)).getMessage();
    assertEquals("moving shapes: a gap of -1 pixels; needs 0 to 16", line);
  }

  private static void keepsApart(MovingShapes shapes, int clips, int gap) {
    for (int i = 0; i < clips; i++) {
      List<Actor> actors = shapes.two(i).scene().actors();
      Actor.Drawn a = (Actor.Drawn) actors.getFirst();
      Actor.Drawn b = (Actor.Drawn) actors.getLast();
      assertNotEquals(a.colour(), b.colour());
      Frames alone = new Scene(List.of(a), Frames.CLIP).paint();
      Frames other = new Scene(List.of(b), Frames.CLIP).paint();
      for (int t = 0; t < Frames.CLIP; t++) {
        double apart = Math.hypot(a.path().x(t) - b.path().x(t), a.path().y(t) - b.path().y(t));
        assertTrue(apart > 1.15 * (a.radius() + b.radius()) + gap);
      }
      for (int p = 0; p < alone.rgb().length; p++) {
        assertTrue(alone.rgb()[p] == (p % 3 == 2 ? 12 : 8) || other.rgb()[p] == (p % 3 == 2 ? 12 : 8), "both on one pixel");
      }
    }
  }

  @Test
  void sizeIsStatedInSixtyPercent() {
    long stated = IntStream.range(0, 5000).filter(i -> SHAPES.one(i).caption().objects().getFirst().size().isPresent()).count();
    // four standard deviations
    assertEquals(3000, stated, 140);
  }

  @Test
  void everyCombinationComesAsOftenAsAnyOther() {
    Map<Combination, Integer> counts = new HashMap<>();
    int clips = 224 * 60;
    for (int i = 0; i < clips; i++) counts.merge(Combination.of(SHAPES.one(i).scene().actors().getFirst()), 1, Integer::sum);
    assertEquals(224, counts.size());
    // five standard deviations of a Poisson count
    for (int count : counts.values()) assertEquals(60, count, 39);
  }

  @Test
  void captionsSayNothingFalse() {
    for (int i = 0; i < 500; i++) {
      for (Example example : List.of(SHAPES.one(i), SHAPES.two(i), SHAPES.picture(i), DIGITS.clip(i))) {
        for (int k = 0; k < example.caption().objects().size(); k++) {
          Phrase said = example.caption().objects().get(k);
          Phrase truth = example.scene().actors().get(k).phrase();
          assertEquals(truth.subject(), said.subject());
          assertEquals(truth.colour(), said.colour());
          assertTrue(said.size().isEmpty() || said.size().equals(truth.size()));
          assertTrue(example.scene().frames() == 1 ? said.motion().isEmpty() : said.motion().equals(truth.motion()));
        }
        assertTrue(example.caption().relation().isEmpty() || example.caption().relation().equals(example.scene().relation()));
      }
    }
  }

  @Test
  void picturesAreOneFrameOfWhatStaysStill() {
    int two = 0;
    for (int i = 0; i < 300; i++) {
      Scene scene = SHAPES.picture(i).scene();
      assertEquals(1, scene.frames());
      for (Actor actor : scene.actors()) assertEquals(Motion.STILL, actor.motion());
      two += scene.actors().size() - 1;
    }
    assertEquals(150, two, 40);
  }
}
