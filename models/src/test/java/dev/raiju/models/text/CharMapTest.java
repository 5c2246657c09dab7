package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class CharMapTest {
  /// SentencePiece's result for every character of Unicode, as one digest.
  @Test
  void foldsEveryCharacterAsSentencePieceDoes() throws Exception {
    Normalization rules = Golden.tinyModel().normalization();
    MessageDigest digest = digest();
    for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.getType(c) == Character.SURROGATE) continue;
      digest.update((rules.apply("a" + Character.toString(c) + "b") + "\n").getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(Golden.rows("normalization.tsv").getFirst().getFirst(), HexFormat.of().formatHex(digest.digest()));
  }

  @Property(tries = 300)
  void replacesTheLongestKeys(@ForAll @Size(max = 12) Map<@AlphaChars @StringLength(min = 1, max = 3) String, String> rules,
      @ForAll @AlphaChars @StringLength(max = 20) String text) {
    Map<String, String> clean = rules.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, rule -> Utf8.wellFormed(rule.getValue()).replace("\0", "")));
    Normalization plain = new Normalization("", CharMap.of(clean), false, false, false);
    assertEquals(naive(clean, text), plain.apply(text));
  }

  @Property(tries = 100)
  void survivesItsFile(@ForAll @Size(max = 12) Map<@AlphaChars @StringLength(min = 1, max = 3) String, @AlphaChars String> rules)
      throws ModelFormatException {
    byte[] compiled = CharMap.of(rules).bytes();
    assertArrayEquals(compiled, CharMap.read(Path.of("x.model"), compiled).bytes());
  }

  @Test
  void compilesTheMapOfTheGoldens() {
    Map<String, String> rules = Map.of("A", "a", "Ａ", "a", "ﬁ", "fi", "\u3000", " ", "e\u0301", "é");
    assertArrayEquals(Golden.bytes("small_map.bin"), CharMap.of(rules).bytes());
  }

  @Test
  void refusesARuleWithoutKey() {
    assertThrows(IllegalArgumentException.class, () -> CharMap.of(Map.of("", "a")));
    assertThrows(IllegalArgumentException.class, () -> CharMap.of(Map.of("a", "\0")));
  }

  @Test
  void refusesWhatALookUpWouldStumbleOver() {
    byte[] whole = CharMap.of(Map.of("a", "é")).bytes();
    int trieBytes = whole.length - 4 - 3;
    refuses("trie of -1 bytes in a map of 3", Arrays.copyOf(whole, 3));
    refuses("trie of " + trieBytes + " bytes in a map of " + (4 + trieBytes), Arrays.copyOf(whole, 4 + trieBytes));
    refuses("the last replacement has no end", Arrays.copyOf(whole, whole.length - 1));
    refuses("replacements are not UTF-8", with(whole, 4 + trieBytes, 'x'));
    refuses("node 0 of the trie points outside it, or to no replacement", with(whole, 4 + 3, 0x7F));
    // the only value, at the place that the root's child points to
    int value = 4;
    while (whole[value + 3] != (byte) 0x80) value += 4;
    String broken = "node " + node(whole, 'a') + " of the trie points outside it, or to no replacement";
    refuses(broken, with(whole, value, 1));
    refuses(broken, with(whole, value, 77));
    refuses(broken, with(whole, value + 3, 0));
  }

  private static int node(byte[] map, int label) {
    int unit = 0;
    while (map[4 + 4 * unit] != label || map[4 + 4 * unit + 1] == 0) unit++;
    return unit;
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static void refuses(String problem, byte[] compiled) {
    ModelFormatException refusal = assertThrows(ModelFormatException.class, () -> CharMap.read(Path.of("x.model"), compiled));
    assertEquals("x.model: character map: " + problem, refusal.getMessage());
    assertEquals(Reason.TOKENIZER_CHAR_MAP, refusal.reason());
  }

  private static String naive(Map<String, String> rules, String text) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length();) {
      int length = Math.min(3, text.length() - at);
      while (length > 0 && !rules.containsKey(text.substring(at, at + length))) length--;
      out.append(length == 0 ? text.substring(at, at + 1) : rules.get(text.substring(at, at + length)));
      at += Math.max(1, length);
    }
    return out.toString();
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
