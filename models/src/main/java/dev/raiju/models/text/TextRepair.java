package dev.raiju.models.text;

import static java.util.Map.entry;

import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;

/// Undoes what software does to text on its way: what ftfy's `fix_text` does with its usual settings.
final class TextRepair {
  private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001B\\[[\\p{Nd};]*[a-zA-Z]");
  private static final Pattern LINE_BREAK = Pattern.compile("\r\n|[\r\u2028\u2029\u0085]");
  // of no effect on what is seen: controls but for spaces, old Arabic shaping, byte-order mark, annotations, embedded objects
  private static final Pattern INVISIBLE = Pattern
      .compile("[\u0000-\u0008\u000B\u000E-\u001F\u007F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]");
  private static final Pattern SINGLE_QUOTE = Pattern.compile("[\u02BC\u2018-\u201B]");
  private static final Pattern DOUBLE_QUOTE = Pattern.compile("[\u201C-\u201F]");

  /// Latin letters joined for looks or for old encodings; `æ` and `œ` are letters of their own.
  private static final Map<Character, String> LIGATURES = Map.ofEntries(entry('Ĳ', "IJ"), entry('ĳ', "ij"), entry('ŉ', "ʼn"),
      entry('Ǳ', "DZ"), entry('ǲ', "Dz"), entry('ǳ', "dz"), entry('Ǆ', "DŽ"), entry('ǅ', "Dž"), entry('ǆ', "dž"), entry('Ǉ',
          "LJ"),
      entry('ǈ', "Lj"), entry('ǉ', "lj"), entry('Ǌ', "NJ"), entry('ǋ', "Nj"), entry('ǌ', "nj"), entry('ﬀ', "ff"), entry('ﬁ',
          "fi"),
      entry('ﬂ', "fl"), entry('ﬃ', "ffi"), entry('ﬄ', "ffl"), entry('ﬅ', "ſt"), entry('ﬆ', "st"));

  private TextRepair() {}

  /// Repairs a text line by line, as lines may come from different places. From the first line with a `<` on it is taken for HTML,
  /// and what is escaped stays so.
  static String repair(String text) {
    StringBuilder repaired = new StringBuilder(text.length());
    boolean html = false;
    for (int begin = 0, end; begin < text.length(); begin = end) {
      end = text.indexOf('\n', begin) + 1;
      if (end == 0) end = text.length();
      String line = text.substring(begin, end);
      html |= line.indexOf('<') >= 0;
      repaired.append(repairLine(line, html));
    }
    return repaired.toString();
  }

  private static String repairLine(String line, boolean html) {
    String before = line;
    while (true) {
      String after = html ? before : HtmlEntities.unescapeEnded(before);
      after = EncodingRepair.replaceControls(EncodingRepair.repair(after));
      after = joinedApart(after);
      after = standardWidth(after);
      after = SINGLE_QUOTE.matcher(DOUBLE_QUOTE.matcher(after).replaceAll("\"")).replaceAll("'");
      after = LINE_BREAK.matcher(after).replaceAll("\n");
      after = Utf8.wellFormed(after);
      after = TERMINAL_ESCAPE.matcher(after).replaceAll("");
      after = INVISIBLE.matcher(after).replaceAll("");
      after = Normalizer.normalize(after, Normalizer.Form.NFC);
      if (after.equals(before)) return after;
      before = after;
    }
  }

  private static String joinedApart(String text) {
    StringBuilder apart = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      String letters = LIGATURES.get(c);
      if (letters == null) apart.append(c);
      else
        apart.append(letters);
    }
    return apart.toString();
  }

  /// Full-width Latin and half-width Katakana and Hangul in their usual width.
  private static String standardWidth(String text) {
    StringBuilder standard = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\u3000') standard.append(' ');
      else if (c > '\uFF00' && c < '\uFFF0') standard.append(Normalizer.normalize(String.valueOf(c), Normalizer.Form.NFKC));
      else
        standard.append(c);
    }
    return standard.toString();
  }
}
