package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class DoubleArrayProps {
  @Property(tries = 500)
  void findsTheLongestKeyThatANaiveSearchFinds(@ForAll @Size(max = 60) Set<@StringLength(min = 1, max = 5) String> words,
      @ForAll @Size(max = 8) List<String> others) {
    List<String> keys = keys(words);
    DoubleArray trie = PieceTrie.of(pieces(keys), Kind.NORMAL);
    assertEquals(DoubleArray.NONE, trie.firstBrokenNode(id -> id < keys.size()));
    byte[] text = Utf8.encode(String.join("", words) + String.join("", others));
    for (int at = 0; at < text.length; at++) assertEquals(naiveLongest(keys, text, at), PieceTrie.longestMatch(trie, text, at));
  }

  @Test
  void holdsManyKeysWithTheirValuesAndFewGaps() {
    Random random = new Random(3);
    Set<String> words = new HashSet<>();
    while (words.size() < 40_000) words.add(word(random));
    List<String> keys = keys(words);
    DoubleArray trie = PieceTrie.of(pieces(keys), Kind.NORMAL);
    for (int id = 0; id < keys.size(); id++) assertEquals(id, valueOf(trie, keys.get(id)), keys.get(id));
    assertEquals(DoubleArray.NONE, trie.firstBrokenNode(id -> id < keys.size()));
    // unused units are what the layout costs
    long nodes = keys.stream().flatMap(key -> prefixes(key).stream()).distinct().count() + keys.size();
    assertTrue(trie.units().length < 1.3 * nodes, trie.units().length + " units for " + nodes + " nodes");
  }

  @Test
  void holdsNothing() {
    DoubleArray trie = DoubleArrayBuilder.build(new byte[0][], new int[0]);
    assertEquals(DoubleArray.NONE, trie.firstBrokenNode(_ -> true));
    for (int b = 0; b < 256; b++) assertEquals(DoubleArray.NONE, trie.child(DoubleArray.ROOT, (byte) b));
    assertEquals(DoubleArray.NONE, trie.value(DoubleArray.ROOT));
  }

  private static int valueOf(DoubleArray trie, String key) {
    int node = DoubleArray.ROOT;
    for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
      node = trie.child(node, b);
      if (node == DoubleArray.NONE) return DoubleArray.NONE;
    }
    return trie.value(node);
  }

  private static int naiveLongest(List<String> keys, byte[] text, int at) {
    String rest = new String(text, at, text.length - at, StandardCharsets.ISO_8859_1);
    return keys.stream().map(key -> new String(Utf8.encode(key), StandardCharsets.ISO_8859_1)).filter(rest::startsWith)
        .mapToInt(String::length).max().orElse(0);
  }

  private static List<String> prefixes(String key) {
    List<String> prefixes = new ArrayList<>();
    String bytes = new String(Utf8.encode(key), StandardCharsets.ISO_8859_1);
    for (int i = 1; i <= bytes.length(); i++) prefixes.add(bytes.substring(0, i));
    return prefixes;
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    int length = 1 + random.nextInt(8);
    int script = new int[] {'a', 0x430, 0x4E00}[random.nextInt(3)];
    for (int i = 0; i < length; i++) word.append((char) (script + random.nextInt(script == 0x4E00 ? 5000 : 26)));
    return word.toString();
  }

  /// As UTF-8 can hold them, once each.
  private static List<String> keys(Set<String> words) {
    return words.stream().map(Utf8::wellFormed).filter(word -> word.indexOf('\0') < 0).distinct().toList();
  }

  private static List<Piece> pieces(List<String> texts) {
    return texts.stream().map(text -> new Piece(text, 0, Kind.NORMAL)).toList();
  }
}
