package dev.raiju.models.text;

/// What happens to a text before it is cut into pieces: characters are folded by a [CharMap], runs of spaces shrink to one,
/// spaces become `▁` (U+2581), and one is put in front, so that a word has the same pieces at the beginning as elsewhere.
///
/// @param name what the file calls its rules, such as `nmt_nfkc` or `identity`
/// @param map the folding of characters
/// @param dummyPrefix whether a space is put in front
/// @param removeExtraSpaces whether spaces at both ends go, and others shrink to one
/// @param escapeSpaces whether spaces become `▁`
public record Normalization(String name, CharMap map, boolean dummyPrefix, boolean removeExtraSpaces, boolean escapeSpaces) {
  /// The character that stands for a space in pieces.
  public static final String SPACE = "▁";

  /// SentencePiece's usual rules around a map.
  public static Normalization of(String name, CharMap map) { return new Normalization(name, map, true, true, true); }

  /// What `text` becomes.
  public String apply(String text) {
    byte[] normalized = apply(Utf8.encode(text), (_, _) -> 0);
    return Utf8.decode(normalized, 0, normalized.length);
  }

  /// The same for a part from within a word.
  Normalization withoutDummyPrefix() { return new Normalization(name, map, false, removeExtraSpaces, escapeSpaces); }

  byte[] apply(byte[] text, Verbatim verbatim) { return new NormalizationPass(this, text, verbatim).run(); }

  /// Parts of a text that pass as they are.
  interface Verbatim {
    /// The length of the longest one that the text has at `at`, or 0.
    int match(byte[] text, int at);
  }
}
