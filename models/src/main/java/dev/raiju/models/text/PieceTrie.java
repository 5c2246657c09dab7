package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// Finds pieces in a text.
final class PieceTrie {
  private PieceTrie() {}

  /// The pieces of some kinds by their UTF-8 bytes, with their ids as values.
  static DoubleArray of(List<Piece> pieces, Kind first, Kind... more) {
    Set<Kind> kinds = EnumSet.of(first, more);
    record Key(byte[] bytes, int id) {}
    List<Key> keys = IntStream.range(0, pieces.size()).filter(id -> kinds.contains(pieces.get(id).kind()))
        .mapToObj(id -> new Key(Utf8.encode(pieces.get(id).text()), id)).sorted(Comparator.comparing(Key::bytes,
            Arrays::compareUnsigned))
        .toList();
    return DoubleArrayBuilder.build(keys.stream().map(Key::bytes).toArray(byte[][]::new), keys.stream().mapToInt(Key::id)
        .toArray());
  }

  /// The length of the longest key that the text has at `at`, or 0.
  static int longestMatch(DoubleArray trie, byte[] text, int at) {
    int longest = 0;
    int node = DoubleArray.ROOT;
    for (int i = at; i < text.length; i++) {
      node = trie.child(node, text[i]);
      if (node == DoubleArray.NONE) break;
      if (trie.value(node) != DoubleArray.NONE) longest = i + 1 - at;
    }
    return longest;
  }
}
