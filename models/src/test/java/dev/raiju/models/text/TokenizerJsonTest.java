package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerJsonTest {
  private static final Path NAME = Path.of("tokenizer.json");
  private static final String GOLDEN = new String(Golden.bytes("tokenizer.json"), StandardCharsets.UTF_8);

  @Test
  void givesTheIdsOfHuggingFace() throws IOException {
    UnigramTokenizer tokenizer = UnigramTokenizer.of(read(GOLDEN));
    for (List<String> row : Golden.rows("tokenizer_json.tsv")) {
      assertArrayEquals(Golden.ids(row.get(1)), tokenizer.encode(row.get(0)), row.get(0));
    }
  }

  @Test
  void holdsWhatTheModelFileHolds() throws IOException {
    SentencePieceModel model = read(GOLDEN);
    assertEquals(new SpecialIds(0, 1, -1, 2), model.specialIds());
    assertEquals(new Piece("<unk>", 0, Kind.UNKNOWN), model.pieces().get(2));
    assertEquals(new Piece("</s>", 0, Kind.CONTROL), model.pieces().get(1));
    assertEquals(new Piece("<extra_id_0>", 0, Kind.CONTROL), model.pieces().getLast());
    assertTrue(model.normalization().dummyPrefix() && model.normalization().removeExtraSpaces());
    SentencePieceModel again = SentencePieceModel.read(Path.of("x.model"), model.bytes());
    assertEquals(model.pieces(), again.pieces());
    assertArrayEquals(Golden.bytes("small_map.bin"), again.normalization().map().bytes());
  }

  /// The same vocabulary in both formats.
  @Test
  void agreesWithTheModelFile() throws IOException {
    SentencePieceModel model = Golden.tinyModel();
    StringBuilder vocabulary = new StringBuilder();
    for (Piece piece : model.pieces()) {
      String text = piece.text().replace("\\", "\\\\").replace("\"", "\\\"");
      vocabulary.append(vocabulary.isEmpty() ? "" : ",").append("[\"").append(text).append("\",").append(piece.score()).append(
          "]");
    }
    String map = Base64.getEncoder().encodeToString(model.normalization().map().bytes());
    UnigramTokenizer json = UnigramTokenizer.of(read("""
        {"added_tokens":[{"id":0,"content":"<pad>","special":true},{"id":1,"content":"</s>","special":true},
          {"id":2,"content":"<s>","special":true}],
         "normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"%s"},
          {"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},
         "pre_tokenizer":{"type":"Metaspace","replacement":"▁","add_prefix_space":true},
         "model":{"type":"Unigram","unk_id":3,"vocab":[%s],"byte_fallback":true}}""".formatted(map, vocabulary)));
    assertEquals(model.pieces(), json.model().pieces());
    assertEquals(model.specialIds(), json.model().specialIds());
    UnigramTokenizer proto = UnigramTokenizer.of(model);
    for (List<String> row : Golden.rows("encoding.tsv")) assertArrayEquals(proto.encode(row.get(0)), json.encode(row.get(0)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "\"type\":\"Unigram\"|\"type\":\"BPE\"|TOKENIZER_UNSUPPORTED|model BPE; needs Unigram",
    "\"type\":\"Strip\"|\"type\":\"Lowercase\"|TOKENIZER_UNSUPPORTED|normalizer Lowercase; needs Precompiled, Strip or Replace",
    "\" {2,}\"|\"x\"|TOKENIZER_UNSUPPORTED|replacement of 'x'; needs that of runs of spaces",
    "\"type\":\"Metaspace\"|\"type\":\"Bert\"|TOKENIZER_UNSUPPORTED|pre-tokenizer Bert; needs Metaspace or WhitespaceSplit",
    "\"replacement\":\"▁\"|\"replacement\":\"_\"|TOKENIZER_UNSUPPORTED|'_' for a space; needs ▁",
    "\"unk_id\":2|\"unk_id\":null|FIELD_MISSING|model.unk_id: missing",
    "\"unk_id\":2|\"unk_id\":-7|FIELD_RANGE|model.unk_id: out of range: -7; needs 0 to 1048576",
    "\"unk_id\":2|\"unk_id\":900|TOKENIZER_SPECIAL_PIECES|0 unknown pieces; needs one",
    "[\"</s>\",0.0]|[\"</s>\"]|FIELD_RANGE|model.vocab: entry 1 is no pair of text and score",
    "[\"</s>\",0.0]|[\"</s>\",\"\"]|FIELD_RANGE|model.vocab: entry 1: score is no number",
    "[\"</s>\",0.0]|[\"<pad>\",0.0]|TOKENIZER_PIECE|piece 1: '<pad>' appears twice",
    "\"vocab\":[|\"vocab\":0,\"x\":[|FIELD_RANGE|model.vocab: no array",
    "\"id\":22|\"id\":30|FIELD_RANGE|added_tokens: ids [30] leave a gap behind 22",
    "\"precompiled_charsmap\":\"|\"precompiled_charsmap\":\"!|TOKENIZER_CHAR_MAP|character map: not in base 64",
    "\"precompiled_charsmap\":\"|\"precompiled_charsmap\":\"////|TOKENIZER_CHAR_MAP|character map: trie of",
  })
  void refusesWhatItDoesNotUnderstand(String part, String other, Reason reason, String problem) {
    assertTrue(GOLDEN.contains(part), part);
    ModelFormatException refusal = assertThrows(ModelFormatException.class, () -> read(GOLDEN.replace(part, other)));
    assertTrue(refusal.getMessage().startsWith("tokenizer.json: " + problem), refusal.getMessage());
    assertEquals(reason, refusal.reason());
  }

  @Test
  void everyShorterFileIsRefused() {
    byte[] file = GOLDEN.getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < file.length; length++) {
      byte[] shorter = Arrays.copyOf(file, length);
      assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(NAME, shorter));
    }
  }

  @Test
  void aMillionDamagedFilesAreRefusedOrWork() {
    byte[] file = GOLDEN.getBytes(StandardCharsets.UTF_8);
    Random random = new Random(5);
    Damage damage = new Damage();
    for (int i = 0; i < 1_000_000; i++) {
      byte[] damaged = file.clone();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        int at = random.nextInt(damaged.length);
        damaged[at] = random.nextBoolean() ? (byte) random.nextInt(128) : damaged[random.nextInt(damaged.length)];
      }
      damage.tryOut(damaged);
    }
    assertTrue(damage.loaded > 1000 && damage.seen.size() > 3, damage::toString);
  }

  /// Values of other kinds in the right places, and parts that are missing or twice there.
  @Test
  void filesWithWrongValuesAreRefusedOrWork() {
    List<String> tokens = Pattern.compile("\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|[-+.0-9eE]+|[a-z]+|[\\[\\]{}:,]").matcher(GOLDEN)
        .results()
        .map(
            MatchResult::group).toList();
    List<String> others = List.of("null", "true", "-1", "0", "1e400", "9223372036854775808", "\"\"", "\"\\ud800\"", "[]", "{}",
        "0.5");
    Random random = new Random(6);
    Damage damage = new Damage();
    for (int i = 0; i < 200_000; i++) {
      List<String> damaged = new ArrayList<>(tokens);
      for (int n = 1 + random.nextInt(2); n > 0; n--) {
        int at = random.nextInt(damaged.size());
        switch (random.nextInt(4)) {
          case 0 -> damaged.remove(at);
          case 1 -> damaged.add(at, damaged.get(at));
          case 2 -> damaged.set(at, tokens.get(random.nextInt(tokens.size())));
          default -> damaged.set(at, others.get(random.nextInt(others.size())));
        }
      }
      damage.tryOut(String.join("", damaged).getBytes(StandardCharsets.UTF_8));
    }
    assertTrue(damage.loaded > 1000 && damage.seen.size() > 6, damage::toString);
  }

  /// What came of damaged files.
  private static final class Damage {
    private final Set<Reason> seen = EnumSet.noneOf(Reason.class);
    private int loaded;

    void tryOut(byte[] damaged) {
      try {
        SentencePieceModel model = SentencePieceModel.read(NAME, damaged);
        if (loaded++ % 8 == 0) UnigramTokenizer.of(model).encode("A ﬁne cab");
      } catch (ModelFormatException e) {
        seen.add(e.reason());
      } catch (RuntimeException e) {
        fail(new String(damaged, StandardCharsets.UTF_8), e);
      }
    }

    @Override
    public String toString() { return loaded + " loaded, refused " + seen; }
  }

  private static SentencePieceModel read(String json) throws ModelFormatException {
    return SentencePieceModel.read(NAME, json.getBytes(StandardCharsets.UTF_8));
  }
}
