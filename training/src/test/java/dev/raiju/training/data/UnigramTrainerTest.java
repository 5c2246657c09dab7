package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.models.text.UnigramTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnigramTrainerTest {
  @Test
  void givesEachWordOfASmallGrammarOnePiece() {
    List<String> lines = GrammarCorpus.lines();
    UnigramTokenizer tokenizer = UnigramTokenizer.of(GrammarCorpus.train(lines));
    Set<String> words = lines.stream().flatMap(line -> Arrays.stream(line.split("[ .,]+"))).map(String::toLowerCase)
        .collect(Collectors.toCollection(HashSet::new));
    assertTrue(words.size() > 25);
    for (String word : words) assertEquals(List.of("▁" + word), tokenizer.pieces(word));
  }

  @Test
  void givesTheSameModelForTheSameLinesInAnyOrder() throws IOException {
    List<String> lines = new ArrayList<>(GrammarCorpus.lines());
    byte[] golden = resource("grammar.model");
    assertArrayEquals(golden, GrammarCorpus.train(lines).bytes());
    Collections.shuffle(lines, new Random(1));
    assertArrayEquals(golden, GrammarCorpus.train(lines).bytes());
  }

  @Test
  void makesModelsThatSentencePieceAppliesAlike() throws IOException {
    UnigramTokenizer tokenizer = UnigramTokenizer.of(GrammarCorpus.train(GrammarCorpus.lines()));
    for (String row : new String(resource("grammar.tsv"), StandardCharsets.UTF_8).lines().toList()) {
      String[] columns = row.split("\t", -1);
      int[] ids = Arrays.stream(columns[1].split(" ")).filter(id -> !id.isEmpty()).mapToInt(Integer::parseInt).toArray();
      assertArrayEquals(ids, tokenizer.encode(columns[0]), columns[0]);
      assertEquals(columns[2], tokenizer.decode(ids));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 90, 200})
  void keepsToItsSizeAndItsLayout(int size) {
    List<String> lines = prose();
    SentencePieceModel model = UnigramTrainer.of(size).train(lines);
    List<Piece> pieces = model.pieces();
    assertEquals(size, pieces.size());
    assertEquals(List.of("<pad>", "</s>", "<s>", "<unk>"), pieces.subList(0, 4).stream().map(Piece::text).toList());
    List<Piece> normal = pieces.subList(4, size);
    assertTrue(normal.stream().allMatch(piece -> piece.kind() == Kind.NORMAL && piece.score() < 0));
    assertTrue(IntStream.range(1, normal.size()).allMatch(i -> normal.get(i).score() <= normal.get(i - 1).score()), "sorted");
    assertEquals(1, normal.stream().mapToDouble(piece -> Math.exp(piece.score())).sum(), 1e-5);
    // no piece reaches from letters to signs, or over a space
    assertTrue(normal.stream().allMatch(piece -> piece.text().matches("▁?\\p{L}*|▁?[^\\p{L}▁]*")), normal.toString());
    UnigramTokenizer tokenizer = UnigramTokenizer.of(model);
    for (String line : lines) {
      assertFalse(Arrays.stream(tokenizer.encode(line)).anyMatch(id -> id == 3), line);
      assertEquals(line, tokenizer.decode(tokenizer.encode(line)));
    }
  }

  @Test
  void makesBetterUseOfMoreIds() {
    List<String> lines = prose();
    long[] tokens = IntStream.of(40, 90, 200).mapToLong(size -> {
      UnigramTokenizer tokenizer = UnigramTokenizer.of(UnigramTrainer.of(size).train(lines));
      return lines.stream().mapToLong(line -> tokenizer.encode(line).length).sum();
    }).toArray();
    assertTrue(tokens[0] > 1.2 * tokens[1] && tokens[1] > 1.2 * tokens[2], Arrays.toString(tokens));
  }

  @Test
  void hasNoMorePiecesThanTheCorpusHasUseFor() {
    SentencePieceModel model = UnigramTrainer.of(1000).train(List.of("abc abc abd", "abc"));
    assertEquals(List.of("<pad>", "</s>", "<s>", "<unk>", "▁abc", "▁ab", "d", "a", "b", "c", "▁"),
        model.pieces().stream().map(Piece::text).toList());
  }

  @Test
  void spellsUnknownCharactersInBytesIfAsked() {
    UnigramTokenizer tokenizer = UnigramTokenizer.of(UnigramTrainer.of(360).byteFallback(true).train(GrammarCorpus.lines()));
    assertEquals(4 + 0xC3, tokenizer.encode("é")[1]);
    assertEquals("a red é", tokenizer.decode(tokenizer.encode("a red é")));
  }

  @Test
  void leavesRareCharactersUnknown() {
    List<String> lines = new ArrayList<>(GrammarCorpus.lines());
    lines.add("a r\u00E9d circle");
    assertEquals(List.of(), UnigramTokenizer.of(UnigramTrainer.of(100).train(lines)).unknownWords("r\u00E9d"));
    UnigramTokenizer partial = UnigramTokenizer.of(UnigramTrainer.of(100).characterCoverage(0.999).train(lines));
    assertEquals(List.of("r\u00E9d"), partial.unknownWords("a r\u00E9d circle"));
  }

  @Test
  void knowsNothingButTheWordsOfAClosedVocabulary() {
    SentencePieceModel model = UnigramTrainer.of(60).closed(true).folding(TextFolding.LOWER_CASE).train(GrammarCorpus.lines());
    UnigramTokenizer tokenizer = UnigramTokenizer.of(model);
    assertEquals(List.of(), tokenizer.unknownWords("A red circle, and one Blue STAR."));
    assertEquals(List.of("elephant", "reds", "star-shaped"), tokenizer.unknownWords("elephant and reds, a star-shaped star"));
  }

  @Test
  void putsSpecialPiecesWhereTheyAreWanted() {
    UnigramTrainer trainer = UnigramTrainer.of(100).specialIds(new SpecialIds(0, 1, -1, 2));
    SentencePieceModel model = trainer.train(GrammarCorpus.lines());
    assertEquals(new SpecialIds(0, 1, -1, 2), model.specialIds());
    assertEquals(List.of("<pad>", "</s>", "<unk>"), model.pieces().subList(0, 3).stream().map(Piece::text).toList());
  }

  @Test
  void saysWhatItCannotDo() {
    List<String> lines = List.of("abc");
    refuses("tokenizer: vocabulary too small: 2 ids left for 4 characters; needs 2 more", () -> UnigramTrainer.of(6).train(
        lines));
    refuses("tokenizer: vocabulary too small: 0 ids left for 1 words; needs 1 more",
        () -> UnigramTrainer.of(4).closed(true).train(lines));
    refuses("tokenizer: the corpus has no text", () -> UnigramTrainer.of(10).train(List.of("", " ")));
    refuses("tokenizer: character coverage 0.0; needs more than 0, at most 1", () -> UnigramTrainer.of(10).characterCoverage(0));
    refuses("tokenizer: SpecialIds[pad=0, end=1, begin=2, unknown=5]; needs the first ids, each once, or -1 for none but unknown",
        () -> UnigramTrainer.of(10).specialIds(new SpecialIds(0, 1, 2, 5)));
  }

  @ParameterizedTest
  @EnumSource(TextFolding.class)
  void normalizesAsItsFoldingSays(TextFolding folding) {
    SentencePieceModel model = UnigramTrainer.of(100).folding(folding).train(GrammarCorpus.lines());
    String capital = folding == TextFolding.IDENTITY || folding == TextFolding.NFKC ? "▁A" : "▁a";
    assertEquals(capital, UnigramTokenizer.of(model).normalize("A"));
  }

  private static void refuses(String problem, Executable run) {
    assertEquals(problem, assertThrows(IllegalArgumentException.class, run).getMessage());
  }

  /// Sentences of words made of syllables, the frequencies falling as in a language.
  private static List<String> prose() {
    Random random = new Random(7);
    List<String> syllables = List.of("ka", "to", "ri", "men", "sol", "a", "be", "ust", "in", "or");
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      StringBuilder word = new StringBuilder();
      for (int n = 1 + random.nextInt(3); n > 0; n--) word.append(syllables.get(random.nextInt(syllables.size())));
      words.add(word.toString());
    }
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      StringBuilder line = new StringBuilder();
      for (int n = 3 + random.nextInt(6); n > 0; n--) {
        double u = random.nextDouble();
        line.append(words.get((int) (400 * u * u * u))).append(n > 1 ? random.nextInt(5) == 0 ? ", " : " " : ".");
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(UnigramTrainerTest.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }
}
