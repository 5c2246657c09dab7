package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.models.text.CharMap;
import dev.raiju.models.text.Normalization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CorpusTest {
  private static final Normalization PLAIN = Normalization.of("identity", CharMap.identity());

  @Test
  void cutsWhereKindsOfCharactersMeet() {
    assertChunks("a red circle, 12cm wide!!", "▁a", "▁red", "▁circle", ",", "▁12", "cm", "▁wide", "!!");
    assertChunks("left-to-right", "▁left", "-", "to", "-", "right");
    assertChunks("猫ねこネコcat", "▁猫ねこネコ", "cat");
    assertChunks("ラーメン", "▁ラーメン");
    assertChunks("e\u0301te\u0301", "▁e\u0301te\u0301");
    assertChunks("кот cat", "▁кот", "▁cat");
    assertChunks("👍🏽 ok", "▁👍🏽", "▁ok");
  }

  @Test
  void countsChunksOfAllLines() {
    assertEquals(Map.of("▁a", 3L, "▁b", 1L), Corpus.of(List.of("a b", "a", "", " a "), PLAIN).chunks());
  }

  @Test
  void findsTheCharactersThatCoverAPart() {
    Corpus corpus = new Corpus(Map.of("aaaaab", 10L, "bc", 4L));
    // 50 a, 14 b, 4 c
    assertEquals(Set.of((int) 'a', (int) 'b', (int) 'c'), corpus.frequentCharacters(1));
    assertEquals(Set.of((int) 'a', (int) 'b'), corpus.frequentCharacters(0.94));
    assertEquals(Set.of((int) 'a'), corpus.frequentCharacters(0.5));
    assertEquals(Map.of("aaaaa", 10L), corpus.of(Set.of((int) 'a')).chunks());
    assertEquals(Map.of("b", 10L, "bc", 4L), corpus.of(Set.of((int) 'b', (int) 'c')).chunks());
  }

  private static void assertChunks(String line, String... chunks) {
    Map<String, Long> expected = new java.util.TreeMap<>();
    for (String chunk : chunks) expected.merge(chunk, 1L, Long::sum);
    assertEquals(expected, Corpus.of(List.of(line), PLAIN).chunks());
  }
}
