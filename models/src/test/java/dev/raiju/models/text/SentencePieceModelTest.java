package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentencePieceModelTest {
  private static final Path NAME = Path.of("x.model");

  @Test
  void readsTheGoldenModel() throws IOException {
    SentencePieceModel model = Golden.tinyModel();
    assertEquals(1200, model.pieces().size());
    assertEquals(new SpecialIds(0, 1, 2, 3), model.specialIds());
    assertEquals("nmt_nfkc", model.normalization().name());
    assertTrue(model.byteFallback() && model.normalization().dummyPrefix() && model.normalization().removeExtraSpaces());
    assertEquals(new Piece("<unk>", 0, Kind.UNKNOWN), model.pieces().get(3));
    assertEquals(new Piece(".", -3.2046611309051514f, Kind.NORMAL), model.pieces().get(262));
    assertEquals(Piece.ofByte(0x24), model.pieces().get(4 + 0x24));
  }

  @Test
  void writesWhatItReads(@TempDir Path folder) throws IOException {
    SentencePieceModel model = Golden.tinyModel();
    model.write(folder.resolve("again.model"));
    assertSame(model, SentencePieceModel.read(folder.resolve("again.model")));
  }

  @Test
  void writtenBytesStayTheSameOverManyModels() throws IOException {
    Random random = new Random(11);
    for (int i = 0; i < 2000; i++) {
      SentencePieceModel model = randomModel(random);
      byte[] bytes = model.bytes();
      SentencePieceModel again = SentencePieceModel.read(NAME, bytes);
      assertSame(model, again);
      assertArrayEquals(bytes, again.bytes());
      // an independent walk over the wire format
      WireTree.parse(bytes, WireTree.MODEL).requireOnly(1, 2, 3);
    }
  }

  @Test
  void refusesPiecesThatMakeNoVocabulary() {
    Piece unknown = new Piece("<unk>", 0, Kind.UNKNOWN);
    Piece normal = new Piece("a", -1, Kind.NORMAL);
    refuses("no pieces", List.of());
    refuses("piece 1: empty", List.of(unknown, new Piece("", 0, Kind.NORMAL)));
    refuses("piece 2: 'a' appears twice", List.of(unknown, normal, normal));
    refuses("piece 1: score NaN; needs a finite number", List.of(unknown, new Piece("a", Float.NaN, Kind.NORMAL)));
    refuses("piece 1: holds U+0000 or half a surrogate pair", List.of(unknown, new Piece("\uD800", 0, Kind.NORMAL)));
    refuses("piece 1: 1025 characters; at most 1024", List.of(unknown, new Piece("a".repeat(1025), 0, Kind.NORMAL)));
    refuses("0 unknown pieces; needs one", List.of(normal));
    refuses("2 unknown pieces; needs one", List.of(unknown, new Piece("b", 0, Kind.UNKNOWN)));
    refuses("unknown id 0; needs the place of the unknown piece", List.of(normal, unknown));
    refuses("1 byte pieces; needs none, or <0x00> to <0xFF>", List.of(unknown, Piece.ofByte(7)));
  }

  @Test
  void refusesAHugeFileWithoutReadingIt(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("huge.model");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(5L << 30);
    }
    ModelFormatException refusal = assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(file));
    assertEquals(Reason.TOKENIZER_TOO_LARGE, refusal.reason());
    Files.delete(file);
  }

  private static void refuses(String problem, List<Piece> pieces) {
    Normalization rules = Normalization.of("identity", CharMap.identity());
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class,
        () -> SentencePieceModel.of(pieces, new SpecialIds(-1, -1, -1, 0), rules));
    assertEquals("tokenizer: " + problem, refusal.getMessage());
  }

  private static void assertSame(SentencePieceModel expected, SentencePieceModel actual) {
    assertEquals(expected.pieces(), actual.pieces());
    assertEquals(expected.specialIds(), actual.specialIds());
    Normalization a = expected.normalization();
    Normalization b = actual.normalization();
    assertArrayEquals(a.map().bytes(), b.map().bytes());
    assertEquals(List.of(a.name(), a.dummyPrefix(), a.removeExtraSpaces(), a.escapeSpaces()),
        List.of(b.name(), b.dummyPrefix(), b.removeExtraSpaces(), b.escapeSpaces()));
  }

  /// A small valid model: special pieces in any order, odd texts, now and then bytes and a character map.
  static SentencePieceModel randomModel(Random random) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      String text = i + Character.toString(0x21 + random.nextInt(0xD000)) + (random.nextBoolean() ? "▁" : "😀");
      Kind kind = List.of(Kind.NORMAL, Kind.NORMAL, Kind.CONTROL, Kind.USER_DEFINED, Kind.UNUSED).get(random.nextInt(5));
      pieces.add(new Piece(text, random.nextFloat() * 2e4f - 1e4f, kind));
    }
    if (random.nextInt(8) == 0) {
      for (int value = 0; value < 256; value++) pieces.add(Piece.ofByte(value));
    }
    int unknown = random.nextInt(pieces.size() + 1);
    pieces.add(unknown, new Piece("<unk>", 0, Kind.UNKNOWN));
    SpecialIds ids = new SpecialIds(random.nextInt(pieces.size() + 1) - 1, random.nextInt(pieces.size() + 1) - 1, -1, unknown);
    CharMap map = random.nextInt(4) > 0 ? CharMap.identity() : CharMap.of(java.util.Map.of("A", "a", "ﬁ", "fi", "\t", " "));
    return SentencePieceModel.of(pieces, ids, new Normalization(random.nextBoolean() ? "identity" : "", map, random.nextBoolean(),
        random.nextBoolean(), random.nextBoolean()));
  }
}
