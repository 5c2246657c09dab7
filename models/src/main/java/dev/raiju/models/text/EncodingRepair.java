package dev.raiju.models.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads misread text again: as `schÃ¶n`, the UTF-8 of `schön` in another encoding. It follows ftfy's `fix_encoding` step by step.
final class EncodingRepair {
  private static final Pattern CONTROL = Pattern.compile("[\u0080-\u009F]");

  // patterns over bytes, as characters of Latin-1

  /// A no-break space that became a plain one within a character; only lead bytes after which it is likely.
  private static final Pattern LOST_SPACE = Pattern.compile("""
      [\\xC2\\xC3\\xC5\\xCE\\xD0\\xD9]\\x20
      |[\\xE2\\xE3]\\x20[\\x80-\\x84\\x86-\\x9F\\xA1-\\xBF]
      |[\\xE0-\\xE3][\\x80-\\x84\\x86-\\x9F\\xA1-\\xBF]\\x20
      |\\xF0(?:\\x20[\\x80-\\xBF]{2}|[\\x80-\\xBF]\\x20[\\x80-\\xBF]|[\\x80-\\xBF]{2}\\x20)""", Pattern.COMMENTS);
  /// The word `à`, of whose second byte a space is left: it has lost no letter, but a space of its own, except where Portuguese
  /// writes the preposition and its noun as one word.
  private static final Pattern A_GRAVE = Pattern.compile("\\xC3 (?! |quele|quela|quilo|s )");
  /// Characters of which bytes are lost, and are now 0x1A or, one at most, a question mark.
  private static final Pattern LOSSY = Pattern.compile("""
      [\\xC2-\\xDF]\\x1A|[\\xC2\\xC3][?]
      |\\xED[\\xA0-\\xAF][\\x1A?]\\xED[\\xB0-\\xBF][\\x1A?\\x80-\\xBF]
      |\\xED[\\xA0-\\xAF][\\x1A?\\x80-\\xBF]\\xED[\\xB0-\\xBF][\\x1A?]
      |[\\xE0-\\xEF](?:[\\x1A?][\\x1A\\x80-\\xBF]|[\\x1A\\x80-\\xBF][\\x1A?])
      |[\\xF0-\\xF4](?:[\\x1A?][\\x1A\\x80-\\xBF]{2}|[\\x1A\\x80-\\xBF][\\x1A?][\\x1A\\x80-\\xBF]|[\\x1A\\x80-\\xBF]{2}[\\x1A?])
      |\\x1A""", Pattern.COMMENTS);
  private static final String LOST_CHARACTER = new String(Utf8.encode("\uFFFD"), ISO_8859_1);

  private EncodingRepair() {}

  /// Repairs layer by layer, until nothing looks misread or nothing helps.
  static String repair(String text) {
    String before = text;
    while (true) {
      String after = repairOnce(before);
      if (after.equals(before)) return after;
      before = after;
    }
  }

  /// Control characters of Latin-1 as what Windows-1252 has in their places.
  static String replaceControls(String text) {
    return CONTROL.matcher(text).replaceAll(match -> {
      char meant = SingleByteEncoding.WINDOWS_1252.decode((byte) match.group().charAt(0));
      return Matcher.quoteReplacement(String.valueOf(meant));
    });
  }

  private static String repairOnce(String text) {
    if (!Mojibake.suspected(text)) return text;
    for (SingleByteEncoding encoding : SingleByteEncoding.values()) {
      Optional<String> reread = encoding.encode(text).flatMap(bytes -> Utf8.decodeVariants(mend(encoding, bytes)));
      if (reread.isPresent()) return reread.get();
    }
    String partly = repairStretches(text);
    if (!partly.equals(text)) return partly;
    // what is left over are mixed-up encodings of one byte a character; only the most frequent mix-up can be told for sure
    return replaceControls(text);
  }

  private static byte[] mend(SingleByteEncoding encoding, byte[] bytes) {
    String mended = new String(bytes, ISO_8859_1);
    // in MacRoman it would take a dash before a space for a part of a character
    if (encoding != SingleByteEncoding.MAC_ROMAN && LOST_SPACE.matcher(mended).find()) {
      mended = A_GRAVE.matcher(mended).replaceAll("\u00C3\u00A0 ");
      mended = LOST_SPACE.matcher(mended).replaceAll(match -> match.group().replace(' ', '\u00A0'));
    }
    if (encoding.hasGaps()) mended = LOSSY.matcher(mended).replaceAll(LOST_CHARACTER);
    return mended.getBytes(ISO_8859_1);
  }

  /// Repairs only the stretches that look misread by themselves: text of several origins.
  private static String repairStretches(String text) {
    return Mojibake.MISREAD.matcher(text).replaceAll(match -> {
      String stretch = match.group();
      // the whole text has been tried before, and would be for ever
      boolean worthwhile = stretch.length() < text.length() && Mojibake.suspected(stretch);
      return Matcher.quoteReplacement(worthwhile ? repair(stretch) : stretch);
    });
  }
}
