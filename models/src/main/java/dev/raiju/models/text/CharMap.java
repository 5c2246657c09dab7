package dev.raiju.models.text;

import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Rules that replace short strings by others, the longest match first: how a tokenizer folds the many ways to write one thing.
///
/// SentencePiece's precompiled form: u32 bytes of the trie, its units as the Darts-clone library lays them out, then the replacements
/// in UTF-8, each ended by a zero byte; a key's value says where its replacement begins. Little-endian. Immutable.
public final class CharMap {
  private static final CharMap IDENTITY = new CharMap(DoubleArrayBuilder.build(new byte[0][], new int[0]), new byte[0]);

  private final DoubleArray trie;
  private final byte[] replacements;

  private CharMap(DoubleArray trie, byte[] replacements) {
    this.trie = trie;
    this.replacements = replacements;
  }

  /// The map that changes nothing.
  public static CharMap identity() { return IDENTITY; }

  /// The map that replaces each key by its value.
  ///
  /// @throws IllegalArgumentException if a key is empty, or U+0000 is in a key or value
  public static CharMap of(Map<String, String> rules) {
    if (rules.isEmpty()) return IDENTITY;
    rules.forEach((key, value) -> {
      if (key.isEmpty() || key.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("char map: rule '" + key + "' to '" + value + "': needs a key, and no U+0000");
      }
    });
    record Rule(byte[] key, String value) {}
    List<Rule> sorted = rules.entrySet().stream().map(e -> new Rule(Utf8.encode(e.getKey()), e.getValue()))
        .sorted((a, b) -> Arrays.compareUnsigned(a.key, b.key)).toList();
    ByteArrayOutputStream replacements = new ByteArrayOutputStream();
    Map<String, Integer> places = new HashMap<>();
    for (Rule rule : sorted) {
      if (places.putIfAbsent(rule.value, replacements.size()) != null) continue;
      replacements.writeBytes(Utf8.encode(rule.value));
      replacements.write(0);
    }
    int[] values = sorted.stream().mapToInt(rule -> places.getOrDefault(rule.value, 0)).toArray();
    return new CharMap(DoubleArrayBuilder.build(sorted.stream().map(Rule::key).toArray(byte[][]::new), values),
        replacements.toByteArray());
  }

  /// Reads the precompiled form; none at all is the identity. Everything that a look-up relies on is checked here.
  static CharMap read(Path file, byte[] compiled) throws ModelFormatException {
    if (compiled.length == 0) return IDENTITY;
    ByteBuffer in = ByteBuffer.wrap(compiled).order(ByteOrder.LITTLE_ENDIAN);
    long trieBytes = compiled.length < 4 ? -1 : Integer.toUnsignedLong(in.getInt());
    if (trieBytes < 0 || trieBytes % 4 != 0 || trieBytes >= compiled.length - 4) {
      throw refused(file, "trie of " + trieBytes + " bytes in a map of " + compiled.length);
    }
    int[] units = new int[(int) trieBytes / 4];
    in.asIntBuffer().get(units);
    byte[] replacements = Arrays.copyOfRange(compiled, 4 + (int) trieBytes, compiled.length);
    if (replacements[replacements.length - 1] != 0) throw refused(file, "the last replacement has no end");
    if (Utf8.decodeStrictly(replacements, 0, replacements.length).isEmpty()) throw refused(file, "replacements are not UTF-8");
    DoubleArray trie = new DoubleArray(units);
    int broken = trie.firstBrokenNode(value -> begins(replacements, value));
    if (broken != DoubleArray.NONE)
      throw refused(file, "node " + broken + " of the trie points outside it, or to no replacement");
    return new CharMap(trie, replacements);
  }

  private static boolean begins(byte[] replacements, int at) {
    // suffixes of a replacement may be shared, so only the middle of a character is wrong
    return at < replacements.length && (replacements[at] & 0xC0) != 0x80;
  }

  private static ModelFormatException refused(Path file, String problem) {
    return new ModelFormatException(Reason.TOKENIZER_CHAR_MAP, file, "character map: " + problem);
  }

  /// The precompiled form; empty for the identity.
  byte[] bytes() {
    if (replacements.length == 0) return new byte[0];
    int[] units = trie.units();
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * units.length + replacements.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(4 * units.length);
    for (int unit : units) out.putInt(unit);
    return out.put(replacements).array();
  }

  /// The longest key that the text has at `at`, as its length in the upper and where its replacement begins in the lower half; 0
  /// if there is none.
  long match(byte[] text, int at) {
    long found = 0;
    int node = DoubleArray.ROOT;
    for (int i = at; i < text.length; i++) {
      node = trie.child(node, text[i]);
      if (node == DoubleArray.NONE) break;
      int value = trie.value(node);
      if (value != DoubleArray.NONE) found = (long) (i + 1 - at) << 32 | value;
    }
    return found;
  }

  /// The bytes of all replacements; each ends at a zero.
  byte[] replacements() { return replacements; }
}
