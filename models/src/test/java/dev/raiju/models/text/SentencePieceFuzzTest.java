package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Damaged `.model` files: each is refused with a reason or works, nothing else.
class SentencePieceFuzzTest {
  private static final Path NAME = Path.of("damaged.model");
  private static final long[] BOUNDARIES = {0, 1, 2, 3, 127, 128, 255, 256, 1023, 1024, (1L << 31) - 1, 1L << 31, (1L << 31) + 1,
    (1L << 32) - 1, 1L << 32, (1L << 32) + 1, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE, -1, 0x7F800000L, 0x7FC00000L,
    0xFF7FFFFFL};
  private static final Set<Reason> REASONS = EnumSet.range(Reason.PROTOBUF_TRUNCATED, Reason.TOKENIZER_CHAR_MAP);

  private static final CharMap MAP = CharMap.of(Map.of("A", "a", "Ａ", "a", "ﬁ", "fi"));

  private final Map<Reason, Integer> seen = new EnumMap<>(Reason.class);
  private int loaded;

  @Test
  void everyShorterFileIsRefused() throws ModelFormatException {
    byte[] small = small(MAP).bytes();
    for (int length = 0; length < small.length; length++) refuses(Arrays.copyOf(small, length), length);
    byte[] golden = Golden.bytes("tokenizer_tiny.model");
    // up to the character map, and on in steps
    for (int length = 0; length < golden.length; length += length < 25_000 ? 1 : 97)
      refuses(Arrays.copyOf(golden, length), length);
  }

  private static void refuses(byte[] bytes, int length) {
    assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(NAME, bytes), () -> "length " + length);
  }

  @Test
  void everyFlippedBitIsRefusedOrHarmless() {
    byte[] file = small(MAP).bytes();
    for (int bit = 0; bit < 8 * file.length; bit++) {
      byte[] damaged = file.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      tryOut(damaged, true);
    }
    assertTrue(loaded > 100 && seen.size() > 3, loaded + " " + seen);
  }

  @Test
  void aMillionDamagedFilesAreRefusedOrWork() {
    byte[] file = small(CharMap.identity()).bytes();
    byte[] mapped = small(MAP).bytes();
    Random random = new Random(1);
    // the map is most of the file, and most of the time
    for (int i = 0; i < 1_000_000; i++) tryOut(mutated(i % 4 == 0 ? mapped : file, random), i % 64 < 2);
    assertTrue(loaded > 1000, "loaded " + loaded + ", refused " + seen);
  }

  @Test
  void filesWithWrongValuesInTheRightPlacesAreRefusedOrWork() {
    WireTree plain = WireTree.parse(small(CharMap.identity()).bytes(), WireTree.MODEL);
    WireTree mapped = WireTree.parse(small(MAP).bytes(), WireTree.MODEL);
    WireTree withBytes = WireTree.parse(withBytes().bytes(), WireTree.MODEL);
    Random random = new Random(2);
    for (int i = 0; i < 200_000; i++) {
      WireTree damaged = (i % 100 == 0 ? withBytes : i % 3 == 0 ? mapped : plain).copy();
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) edit(damaged, random);
      tryOut(damaged.bytes(), i % 16 < 2);
    }
    Set<Reason> missing = EnumSet.copyOf(REASONS);
    missing.removeAll(seen.keySet());
    // a million pieces do not come about by a few edits
    assertEquals(EnumSet.of(Reason.TOKENIZER_TOO_LARGE), missing, "loaded " + loaded + ", refused " + seen);
  }

  /// One file for each place in the reader that refuses.
  @Test
  void everyRefusalSaysWhatIsWrong() {
    String unknown = "0a09 0a053c756e6b3e 1802";
    String trainer = "1200";
    String normalizer = "1a00";
    refusal("", Reason.TOKENIZER_INCOMPLETE, "no trainer part; the file ends early");
    refusal(unknown + trainer, Reason.TOKENIZER_INCOMPLETE, "no normalizer part; the file ends early");
    refusal(trainer + normalizer, Reason.TOKENIZER_INCOMPLETE, "no pieces");
    refusal("0a05", Reason.PROTOBUF_TRUNCATED, "model: field 1 at byte 2: 5 bytes; only 0 left");
    refusal("0aff", Reason.PROTOBUF_TRUNCATED, "model: ends within a number at byte 2");
    refusal("0affffffffffffffffff01", Reason.PROTOBUF_TRUNCATED,
        "model: field 1 at byte 11: 18446744073709551615 bytes; only 0 left");
    refusal("0affffffffffffffffffff01", Reason.PROTOBUF_WIRE, "model: byte 11: number of more than 10 bytes");
    refusal("0200", Reason.PROTOBUF_WIRE, "model: byte 1: field number 0; needs 1 to 2^29 - 1");
    refusal("0801", Reason.PROTOBUF_WIRE, "model: byte 1: field 1: wire type 0; needs 2");
    refusal("33", Reason.PROTOBUF_WIRE, "model: byte 1: field 6: wire type 3; needs 0, 1, 2 or 5");
    refusal("31000000", Reason.PROTOBUF_TRUNCATED, "model: field 6 at byte 1: 8 bytes; only 3 left");
    refusal("0a030a01ff", Reason.PROTOBUF_WIRE, "piece 0: byte 5: field 1: text is not UTF-8");
    refusal("0a021807", Reason.TOKENIZER_PIECE, "piece 0: type 7; needs 1 to 6");
    refusal("0a021800", Reason.TOKENIZER_PIECE, "piece 0: type 0; needs 1 to 6");
    refusal(trainer + trainer, Reason.PROTOBUF_WIRE, "trainer: byte 4: a second trainer part");
    refusal(normalizer + normalizer, Reason.PROTOBUF_WIRE, "normalizer: byte 4: a second normalizer part");
    refusal("12021802", Reason.TOKENIZER_UNSUPPORTED, "model type 2; needs 1, unigram");
    refusal("1203c00101", Reason.TOKENIZER_UNSUPPORTED, "spaces at the end of words; needs them in front");
    refusal("2a03120178", Reason.TOKENIZER_UNSUPPORTED, "rules for decoded text; needs none");
    refusal(unknown + "1203980201" + normalizer, Reason.TOKENIZER_SPECIAL_PIECES,
        "byte fallback is true, but byte pieces are missing");
    refusal(unknown.replace("1802", "1801") + trainer + normalizer, Reason.TOKENIZER_SPECIAL_PIECES,
        "0 unknown pieces; needs one");
    refusal(unknown + "0a021801" + trainer + normalizer, Reason.TOKENIZER_PIECE, "piece 1: empty");
    refusal("1a03120178", Reason.TOKENIZER_CHAR_MAP, "character map: trie of -1 bytes in a map of 1");
    refusal("1a091207 04000000 000000", Reason.TOKENIZER_CHAR_MAP, "character map: trie of 4 bytes in a map of 7");
    refusal("0a00".repeat(SentencePieceModel.MAX_PIECES + 1), Reason.TOKENIZER_TOO_LARGE, "more than 1048576 pieces");
  }

  private static void refusal(String hex, Reason reason, String problem) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    ModelFormatException refusal = assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(NAME, bytes));
    assertEquals("damaged.model: " + problem, refusal.getMessage());
    assertEquals(reason, refusal.reason());
  }

  private void tryOut(byte[] file, boolean use) {
    try {
      SentencePieceModel model = SentencePieceModel.read(NAME, file);
      loaded++;
      if (!use) return;
      UnigramTokenizer tokenizer = UnigramTokenizer.of(model);
      int[] ids = tokenizer.encode("A ﬁne cab Ａ");
      assertNotNull(tokenizer.decode(ids));
    } catch (ModelFormatException e) {
      seen.merge(e.reason(), 1, Integer::sum);
    } catch (RuntimeException e) {
      fail(HexFormat.of().formatHex(file), e);
    }
  }

  private static byte[] mutated(byte[] file, Random random) {
    byte[] damaged = file.clone();
    switch (random.nextInt(8)) {
      case 0 -> damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      case 1 -> {
        int from = random.nextInt(damaged.length);
        int to = random.nextInt(damaged.length);
        System.arraycopy(file, from, damaged, to, random.nextInt(damaged.length - Math.max(from, to)));
      }
      case 2 -> {
        int at = random.nextInt(damaged.length);
        byte[] longer = Arrays.copyOf(damaged, damaged.length + 1 + random.nextInt(8));
        System.arraycopy(damaged, at, longer, at + longer.length - damaged.length, damaged.length - at);
        damaged = longer;
      }
      default -> {
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          int at = random.nextInt(damaged.length);
          damaged[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (damaged[at] ^ 1 << random.nextInt(8));
        }
      }
    }
    return damaged;
  }

  private static void edit(WireTree tree, Random random) {
    if (tree.fields.isEmpty()) return;
    int at = random.nextInt(tree.fields.size());
    WireTree.Field field = tree.fields.get(at);
    if (field.tree != null && random.nextInt(4) > 0) {
      edit(field.tree, random);
      return;
    }
    long boundary = BOUNDARIES[random.nextInt(BOUNDARIES.length)];
    switch (random.nextInt(8)) {
      case 0 -> tree.fields.remove(at);
      case 1 -> tree.fields.add(random.nextInt(tree.fields.size()), field.copy());
      case 2 -> tree.fields.set(at, tree.fields.get(random.nextInt(tree.fields.size())).copy());
      case 3 -> field.tag = random.nextBoolean()
          ? field.tag & ~7L | random.nextInt(8)
          : (long) random.nextInt(60) << 3 | field.tag & 7;
      case 4 -> field.claimed = boundary < 0 ? Long.MAX_VALUE : boundary;
      default -> {
        field.number = boundary;
        field.tree = null;
        editBytes(field, random, boundary);
      }
    }
  }

  /// Puts a boundary value in a place where a character map has a number, or takes bytes away.
  private static void editBytes(WireTree.Field field, Random random, long boundary) {
    if (field.bytes.length < 4) {
      field.bytes = random.nextBoolean() ? new byte[0] : new byte[] {(byte) boundary};
      return;
    }
    int at = random.nextInt(4) == 0 ? 0 : random.nextInt(Math.min(field.bytes.length, 600) - 3);
    if (random.nextInt(4) == 0) field.bytes = Arrays.copyOf(field.bytes, random.nextInt(field.bytes.length + 9));
    else
      for (int i = 0; i < 4; i++) field.bytes[at + i] = (byte) (boundary >> 8 * i);
  }

  /// Has something of everything except bytes, in less than a kilobyte and a half.
  private static SentencePieceModel small(CharMap map) { return model(List.of(), map); }

  private static SentencePieceModel withBytes() {
    List<Piece> bytes = new ArrayList<>();
    for (int value = 0; value < 256; value++) bytes.add(Piece.ofByte(value));
    return model(bytes, MAP);
  }

  private static SentencePieceModel model(List<Piece> more, CharMap map) {
    List<Piece> pieces = new ArrayList<>(List.of(new Piece("<pad>", 0, Kind.CONTROL), new Piece("</s>", 0, Kind.CONTROL),
        new Piece("<unk>", 0, Kind.UNKNOWN), new Piece("▁", -2, Kind.NORMAL), new Piece("▁a", -1.5f, Kind.NORMAL),
        new Piece("c", -4, Kind.NORMAL), new Piece("ab", -2.5f, Kind.NORMAL), new Piece("fi", 0, Kind.USER_DEFINED),
        new Piece("ne", -3, Kind.UNUSED)));
    pieces.addAll(more);
    return SentencePieceModel.of(pieces, new SpecialIds(0, 1, -1, 2), Normalization.of("small", map));
  }
}
