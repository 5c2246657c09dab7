package dev.raiju.training.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Rng;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class WordDropTest {
  private static final String CAPTION = "a large red circle moves right";
  private static final int COUNT = 4000;

  private static List<String> drawn(WordDrop drop) {
    Rng rng = Rng.of(7);
    return IntStream.range(0, COUNT).mapToObj(_ -> drop.of(CAPTION, rng)).toList();
  }

  @Test
  void leavesOutTheStatedPart() {
    List<String> all = drawn(new WordDrop(0.5, 0.25));
    // a caption stays whole if it is not chosen, or if none of its six words goes: 0.5 + 0.5 · 0.75^6
    double whole = all.stream().filter(CAPTION::equals).count() / (double) COUNT;
    assertEquals(0.5 + 0.5 * Math.pow(0.75, 6), whole, 0.03);
    double words = all.stream().mapToInt(text -> text.isEmpty() ? 0 : text.split(" ").length).average().orElseThrow();
    assertEquals(6 * (1 - 0.5 * 0.25), words, 0.06);
  }

  @Test
  void keepsTheOrderOfWhatIsLeft() {
    String pattern = "(a ?)?(large ?)?(red ?)?(circle ?)?(moves ?)?(right)?";
    for (String text : drawn(new WordDrop(1, 0.5))) assertTrue(text.matches(pattern), text);
  }

  @Test
  void drawsNothingWhereNothingGoes() {
    Rng rng = Rng.of(3);
    assertEquals(CAPTION, WordDrop.NONE.of(CAPTION, rng));
    assertEquals(Rng.of(3).nextUniform(), rng.nextUniform());
  }

  @Test
  void refusesWhatIsNoPart() {
    ModelFormatException e = assertThrows(ModelFormatException.class,
        () -> WordDrop.read(Fields.of("config", Json.parse("config", "{\"captions\": 1.5, \"words\": 0.1}"))));
    assertTrue(e.getMessage().contains("captions"), e.getMessage());
    assertTrue(e.getMessage().contains("1.5"), e.getMessage());
  }
}
