package dev.raiju.training.data;

import dev.raiju.models.text.Normalization;
import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A corpus as its distinct chunks and how often each occurs. A chunk is a word with the space in front of it, cut where letters,
/// digits and signs meet and where the script changes. No piece crosses such a border, so chunks are all that training sees.
record Corpus(Map<String, Long> chunks) {
  private static final int SPACE = Normalization.SPACE.codePointAt(0);
  // groups of characters that belong together; letters have one for each script
  private static final int ANY = -1;
  private static final int SIGN = -2;
  private static final int DIGIT = -3;

  static Corpus of(Iterable<String> lines, Normalization normalization) {
    Map<String, Long> chunks = new TreeMap<>();
    for (String line : lines) cut(normalization.apply(line)).forEach(chunk -> chunks.merge(chunk, 1L, Long::sum));
    return new Corpus(chunks);
  }

  /// The most frequent characters, such that what they leave out is at most `1 - coverage` of the corpus.
  Set<Integer> frequentCharacters(double coverage) {
    Map<Integer, Long> counts = new TreeMap<>();
    chunks.forEach((chunk, count) -> chunk.codePoints().forEach(c -> counts.merge(c, count, Long::sum)));
    double missing = counts.values().stream().mapToLong(Long::longValue).sum() * (1 - coverage);
    List<Integer> rarestFirst = new ArrayList<>(counts.keySet());
    rarestFirst.sort((a, b) -> Long.compare(counts.getOrDefault(a, 0L), counts.getOrDefault(b, 0L)));
    int left = 0;
    for (; left < rarestFirst.size(); left++) {
      missing -= counts.getOrDefault(rarestFirst.get(left), 0L);
      if (missing < 0) break;
    }
    return Set.copyOf(rarestFirst.subList(left, rarestFirst.size()));
  }

  /// The stretches of the chunks that consist of some characters alone.
  Corpus of(Set<Integer> characters) {
    Map<String, Long> stretches = new TreeMap<>();
    chunks.forEach((chunk, count) -> {
      StringBuilder stretch = new StringBuilder();
      chunk.codePoints().forEach(c -> {
        if (characters.contains(c)) stretch.appendCodePoint(c);
        else
          flush(stretch, stretches, count);
      });
      flush(stretch, stretches, count);
    });
    return new Corpus(stretches);
  }

  private static void flush(StringBuilder stretch, Map<String, Long> stretches, long count) {
    if (!stretch.isEmpty()) stretches.merge(stretch.toString(), count, Long::sum);
    stretch.setLength(0);
  }

  private static List<String> cut(String text) {
    List<String> chunks = new ArrayList<>();
    StringBuilder chunk = new StringBuilder();
    int group = ANY;
    for (int c : text.codePoints().toArray()) {
      int next = group(c);
      boolean fits = c != SPACE && (next == ANY || group == ANY || next == group);
      if (!fits) {
        if (!chunk.isEmpty()) chunks.add(chunk.toString());
        chunk.setLength(0);
        group = ANY;
      }
      chunk.appendCodePoint(c);
      if (next != ANY) group = next;
    }
    if (!chunk.isEmpty()) chunks.add(chunk.toString());
    return chunks;
  }

  private static int group(int c) {
    if (c == SPACE) return ANY;
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> ANY;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> DIGIT;
      case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER, Character.MODIFIER_LETTER,
          Character.OTHER_LETTER -> script(c);
      default -> SIGN;
    };
  }

  private static int script(int c) {
    return switch (UnicodeScript.of(c)) {
      case COMMON, INHERITED -> ANY;
      // written together in Japanese
      case HIRAGANA, KATAKANA, HAN -> UnicodeScript.HAN.ordinal();
      case UnicodeScript script -> script.ordinal();
    };
  }
}
