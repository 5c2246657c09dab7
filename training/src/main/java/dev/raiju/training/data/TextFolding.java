package dev.raiju.training.data;

import dev.raiju.models.text.CharMap;
import dev.raiju.models.text.Normalization;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Which ways to write the same thing a tokenizer of our own takes for one. White space of every kind is always a space.
public enum TextFolding {
  /// Nothing else is folded.
  IDENTITY,
  /// Capitals become small letters.
  LOWER_CASE,
  /// Unicode's compatibility form KC, for single characters and letters with marks; syllables of Hangul stay as they are.
  NFKC,
  /// Form KC and small letters.
  NFKC_LOWER_CASE;

  private static final int FIRST_SYLLABLE = 0xAC00;
  private static final int LAST_SYLLABLE = 0xD7A3;

  /// The rules around this folding, those of [Normalization#of].
  public Normalization normalization() {
    Map<String, String> rules = new TreeMap<>();
    for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
      if (!Character.isDefined(c) || Character.getType(c) == Character.SURROGATE) continue;
      addRule(rules, Character.toString(c));
      if (!composes() || c >= FIRST_SYLLABLE && c <= LAST_SYLLABLE) continue;
      String parts = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFD);
      int last = parts.offsetByCodePoints(parts.length(), -1);
      if (last == 0) continue;
      addRule(rules, parts);
      // the last mark apart, the others joined
      addRule(rules, Normalizer.normalize(parts.substring(0, last), Normalizer.Form.NFC) + parts.substring(last));
    }
    return Normalization.of("raiju_" + name().toLowerCase(Locale.ROOT), CharMap.of(rules));
  }

  private void addRule(Map<String, String> rules, String text) {
    boolean space = text.codePoints().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c));
    String folded = space ? " " : fold(text);
    if (!folded.equals(text)) rules.put(text, folded);
  }

  private boolean composes() {
    return switch (this) {
      case IDENTITY, LOWER_CASE -> false;
      case NFKC, NFKC_LOWER_CASE -> true;
    };
  }

  private String fold(String text) {
    return switch (this) {
      case IDENTITY -> text;
      case LOWER_CASE -> text.toLowerCase(Locale.ROOT);
      case NFKC -> Normalizer.normalize(text, Normalizer.Form.NFKC);
      // a small letter may decompose again
      case NFKC_LOWER_CASE -> NFKC.fold(LOWER_CASE.fold(NFKC.fold(text)));
    };
  }
}
