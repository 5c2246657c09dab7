package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class CaptionTest {
  private static final Phrase RED_CIRCLE_RIGHT = Phrase.of(Size.LARGE, Colour.RED, ShapeKind.CIRCLE, Motion.RIGHT);

  @Test
  void writesTheUsualWording() {
    assertEquals("a large red circle moves right", Caption.of(RED_CIRCLE_RIGHT).text());
    assertEquals("a blue square stays still and a green star moves up",
        Caption.of(Phrase.of(Size.SMALL, Colour.BLUE, ShapeKind.SQUARE, Motion.STILL).withoutSize(),
            Phrase.of(Size.SMALL, Colour.GREEN, ShapeKind.STAR, Motion.UP).withoutSize()).text());
    assertEquals("the digit 7 moves left", Caption.of(Phrase.of(new Digit(7), Motion.LEFT)).text());
    assertEquals("an orange cross left of a small cyan triangle",
        new Caption(List.of(Phrase.of(Size.SMALL, Colour.ORANGE, ShapeKind.CROSS, Motion.STILL).withoutSize().withoutMotion(),
            Phrase.of(Size.SMALL, Colour.CYAN, ShapeKind.TRIANGLE, Motion.STILL).withoutMotion()), Optional.of(Relation.LEFT_OF))
            .text());
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void readsBackWhatItWrites(@ForAll("captions") Caption caption, @ForAll long seed) {
    Random choice = new Random(seed);
    String text = Grammar.write(caption, choice::nextInt);
    assertEquals(new CaptionReading(caption, List.of()), Caption.parse(text), text);
  }

  @Provide
  Arbitrary<Caption> captions() {
    Arbitrary<Phrase> shapes = Combinators.combine(Arbitraries.of(Size.class).optional(), Arbitraries.of(Colour.class).optional(),
        Arbitraries.of(ShapeKind.class), Arbitraries.of(Motion.class).optional()).as(Phrase::new);
    Arbitrary<Phrase> digits = Combinators.combine(Arbitraries.integers().between(0, 9), Arbitraries.of(Motion.class).optional())
        .as((digit, motion) -> new Phrase(Optional.empty(), Optional.empty(), new Digit(digit), motion));
    return Arbitraries.oneOf(shapes.map(Caption::of), digits.map(Caption::of),
        Combinators.combine(shapes, shapes, Arbitraries.of(Relation.class).optional()).as((a, b, r) -> new Caption(List.of(a, b),
            r)));
  }

  @Test
  void forgivesCaseAndPunctuation() {
    assertEquals(new CaptionReading(Caption.of(RED_CIRCLE_RIGHT), List.of()), Caption.parse(
        "  A LARGE, red circle: moves right!"));
  }

  @Test
  void aMotionInACircleNamesNoSecondCircle() {
    assertEquals(List.of(Phrase.of(Size.LARGE, Colour.RED, ShapeKind.CIRCLE, Motion.CIRCLE)),
        Caption.parse("a large red circle moves in a circle").caption().objects());
  }

  @Test
  void reportsTwoColours() {
    CaptionReading reading = Caption.parse("a red blue circle moves up");
    assertEquals(List.of(new Issue.Contradiction("colour of the circle", List.of("red", "blue"))), reading.issues());
    assertEquals(Optional.of(Colour.RED), reading.caption().objects().getFirst().colour());
    assertEquals("colour of the circle: red and blue contradict each other", reading.issues().getFirst().message());
  }

  @Test
  void reportsTwoMotionsOfOneObject() {
    var twice = List.of(new Issue.Contradiction("motion of the circle", List.of("moves left", "moves right")));
    assertEquals(twice, Caption.parse("a red circle moves left and right").issues());
    assertEquals(twice, Caption.parse("a red circle moves left and moves right").issues());
  }

  @Test
  void reportsTwoSizesAndTwoRelations() {
    assertEquals(List.of(new Issue.Contradiction("size of the star", List.of("small", "large"))),
        Caption.parse("a little big star bounces").issues());
    assertEquals(List.of(new Issue.Contradiction("relation", List.of("above", "below"))),
        Caption.parse("a red star above below a blue star").issues());
  }

  @Test
  void sayingTheSameTwiceIsNoContradiction() {
    assertEquals(List.of(), Caption.parse("a big large red circle moves right and goes right").issues());
  }

  @Test
  void reportsUnknownWords() {
    CaptionReading reading = Caption.parse("a purple circle moves diagonally");
    assertEquals(List.of(new Issue.UnknownWord("purple"), new Issue.UnknownWord("diagonally")), reading.issues());
    assertEquals(Caption.of(new Phrase(Optional.empty(), Optional.empty(), ShapeKind.CIRCLE, Optional.empty())), reading
        .caption());
  }

  @Test
  void reportsWordsWithoutAnObject() {
    assertEquals(List.of(new Issue.Dangling("large"), new Issue.Dangling("red"), new Issue.NothingToShow()),
        Caption.parse("a large red").issues());
    assertEquals(List.of(new Issue.Dangling("left of")), Caption.parse("a red circle left of").issues());
    assertEquals(List.of(new Issue.NothingToShow()), Caption.parse("").issues());
  }

  @Test
  void reportsWhatTrainingNeverShows() {
    assertEquals(List.of(new Issue.Untrained("3 objects")), Caption.parse("a circle and a star and a cross").issues());
    assertEquals(List.of(new Issue.Untrained("the colour of the digit 7")), Caption.parse("a red 7 moves up").issues());
    assertEquals(List.of(new Issue.Untrained("a digit beside another object")),
        Caption.parse("the digit 7 moves up and a red star bounces").issues());
  }

  @Test
  void takesAnyText() {
    Random random = new Random(5);
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(40); k > 0; k--) text.appendCodePoint(random.nextInt(0x2ffff));
      Caption.parse(text.toString());
    }
    assertEquals(10_000, Caption.parse("dragon ".repeat(10_000)).issues().stream().filter(Issue.UnknownWord.class::isInstance)
        .count());
  }

  @Test
  void rejectsARelationOfOneObject() {
    assertThrows(IllegalArgumentException.class, () -> new Caption(List.of(RED_CIRCLE_RIGHT), Optional.of(Relation.ABOVE)));
  }

  @Test
  void everyTrainingTextSaysItsCaption() {
    ClipStream stream = ClipStream.of(4, Mixture.usual());
    for (int i = 0; i < 4000; i++) {
      Example example = stream.next();
      assertEquals(new CaptionReading(example.caption(), List.of()), Caption.parse(example.text()), example.text());
    }
  }

  @Test
  void theWordsOfAnObjectSayItsPhrase() {
    ClipStream stream = ClipStream.of(4, Mixture.usual());
    for (int i = 0; i < 4000; i++) {
      Example example = stream.next();
      List<Phrase> read = example.phrases().stream().flatMap(words -> Caption.parse(words).caption().objects().stream()).toList();
      assertEquals(example.caption().objects(), read, example.text());
    }
  }

  @Test
  void noTrainingTextIsLong() {
    ClipStream stream = ClipStream.of(4, Mixture.usual());
    for (int i = 0; i < 4000; i++) assertTrue(stream.next().text().split(" ").length <= 19);
  }
}
