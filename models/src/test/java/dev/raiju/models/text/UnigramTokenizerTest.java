package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnigramTokenizerTest {
  private static final UnigramTokenizer TINY = tiny();

  private static UnigramTokenizer tiny() {
    try {
      return UnigramTokenizer.of(Golden.tinyModel());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void takesTheWholeWayAsTheGoldenDoes() {
    List<List<String>> rows = Golden.rows("tokenizer_tiny.tsv");
    assertEquals(18, rows.size());
    for (List<String> row : rows) {
      String clean = PromptCleaner.clean(row.get(0));
      assertEquals(row.get(1), clean);
      assertEquals(row.get(2), TINY.normalize(clean));
      assertEquals(row.get(3), String.join(" ", TINY.pieces(clean)));
      assertArrayEquals(Golden.ids(row.get(4)), TINY.encode(clean));
      UnigramTokenizer.PaddedIds padded = TINY.encode(clean, 32);
      assertArrayEquals(Golden.ids(row.get(5)), padded.ids());
      assertEquals(Integer.parseInt(row.get(6)), padded.length());
    }
  }

  @Test
  void encodesAndDecodesAsSentencePieceDoes() {
    for (List<String> row : Golden.rows("encoding.tsv")) {
      if (!row.get(0).isEmpty()) assertArrayEquals(Golden.ids(row.get(1)), TINY.encode(row.get(0)), row.get(0));
      assertEquals(row.get(2), TINY.decode(Golden.ids(row.get(1))), row.get(1));
    }
  }

  @Property(tries = 400)
  void decodingGivesBackTheNormalizedText(@ForAll String text) {
    String clean = PromptCleaner.clean(text);
    String normalized = TINY.normalize(clean);
    String spaced = normalized.replace(Normalization.SPACE, " ");
    assertEquals(spaced.startsWith(" ") ? spaced.substring(1) : spaced, TINY.decode(TINY.encode(clean)));
  }

  @Property(tries = 300)
  void piecesJoinToTheNormalizedText(@ForAll String text) {
    UnigramTokenizer closed = closed();
    assertEquals(closed.normalize(text), String.join("", closed.pieces(text)));
    assertEquals(closed.encode(text).length, closed.pieces(text).size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 20})
  void endsWithTheEndIdHoweverShort(int length) {
    int[] all = TINY.encode("A cat runs in the park.");
    UnigramTokenizer.PaddedIds ids = TINY.encode("A cat runs in the park.", length);
    int kept = Math.min(all.length, length - 1);
    assertEquals(length, ids.ids().length);
    assertEquals(kept + 1, ids.length());
    for (int i = 0; i < length; i++) {
      assertEquals(i < kept ? all[i] : i == kept ? 1 : 0, ids.ids()[i]);
      assertEquals(i <= kept ? 1 : 0, ids.mask()[i]);
    }
  }

  @Test
  void refusesLengthWithoutPlaceForTheEnd() {
    assertThrows(IllegalArgumentException.class, () -> TINY.encode("a", 0));
    assertThrows(IllegalArgumentException.class, () -> TINY.decode(1200));
    assertThrows(IllegalArgumentException.class, () -> TINY.decode(-1));
  }

  @Test
  void mergesUnknownNeighboursWithoutByteFallback() {
    UnigramTokenizer closed = closed();
    assertArrayEquals(new int[] {4, 6, 3, 5, 6, 3}, closed.encode("red qx circle ?"));
    assertEquals(List.of("▁red", "▁", "qx", "▁circle", "▁", "?"), closed.pieces("red qx circle ?"));
    assertEquals("red  ⁇  circle", closed.decode(4, 6, 3, 5));
  }

  @Test
  void namesUnknownWordsOnce() {
    UnigramTokenizer closed = closed();
    assertEquals(List.of(), closed.unknownWords(" red  circle\nred "));
    assertEquals(List.of("elephant", ",", "blue", "."), closed.unknownWords("red elephant, blue elephant, circle."));
    assertEquals(List.of("?!"), closed.unknownWords("red ?!"));
    assertEquals(List.of("blue", "?", "(red", "("), closed.unknownWords("blue! red! red? (red blue("));
    assertEquals(List.of(), closed.unknownWords(""));
  }

  @Test
  void namesWordsThatOnlyBytesSpell() {
    assertEquals(List.of("schön", "😀"), TINY.unknownWords("A cat schön runs 😀 in the park."));
  }

  @Test
  void takesHalfASurrogatePairForTheReplacementCharacter() {
    assertEquals(List.of("▁red", "\uFFFDx\uFFFD"), closed().pieces("red\uD800x\uDC00"));
  }

  /// Ids from SentencePiece 0.2.2 for this vocabulary.
  @Test
  void prefersAUsersOwnPieces() {
    List<Piece> pieces = new ArrayList<>(special());
    pieces.add(new Piece("▁", -3, Kind.NORMAL));
    for (int i = 0; i < 8; i++) pieces.add(new Piece(String.valueOf((char) ('a' + i)), -2.5f - i / 4f, Kind.NORMAL));
    pieces.add(new Piece("ab", -0.01f, Kind.NORMAL));
    pieces.add(new Piece("abc", -0.001f, Kind.NORMAL));
    pieces.add(new Piece("bc", 0, Kind.USER_DEFINED));
    pieces.add(new Piece("cde", 0, Kind.USER_DEFINED));
    pieces.add(new Piece("def", -1, Kind.NORMAL));
    pieces.add(new Piece("fgh", -1, Kind.UNUSED));
    UnigramTokenizer tokenizer = tokenizer(pieces);
    assertArrayEquals(new int[] {4, 13, 16}, tokenizer.encode("abcde"));
    assertArrayEquals(new int[] {4, 14, 17}, tokenizer.encode("abcdef"));
    assertArrayEquals(new int[] {4, 10, 11, 12}, tokenizer.encode("fgh"));
    assertArrayEquals(new int[] {4, 15, 15, 15}, tokenizer.encode("bcbcbc"));
    assertArrayEquals(new int[] {4, 14, 10, 11, 12, 4, 3, 4, 3, 14, 17, 3}, tokenizer.encode("abcfgh xyz qabcdefq"));
  }

  private static UnigramTokenizer closed() {
    List<Piece> pieces = new ArrayList<>(special());
    for (String word : List.of("▁red", "▁circle", "▁", "!")) pieces.add(new Piece(word, -1, Kind.NORMAL));
    return tokenizer(pieces);
  }

  private static List<Piece> special() {
    return List.of(new Piece("<pad>", 0, Kind.CONTROL), new Piece("</s>", 0, Kind.CONTROL), new Piece("<s>", 0, Kind.CONTROL),
        new Piece("<unk>", 0, Kind.UNKNOWN));
  }

  private static UnigramTokenizer tokenizer(List<Piece> pieces) {
    return UnigramTokenizer
        .of(SentencePieceModel.of(pieces, new SpecialIds(0, 1, 2, 3), Normalization.of("identity", CharMap.identity())));
  }
}
