package dev.raiju.models.text;

import java.util.regex.Pattern;

/// Cleans a prompt the way UMT5's were cleaned in training, so that the ids are those that Wan was trained with: text repair as by
/// ftfy (misread encodings, ligatures, widths, quotes, line breaks, invisible characters, Unicode form C), HTML references
/// twice, and spaces.
public final class PromptCleaner {
  // all that Unicode calls white space, and the four separators of ASCII
  private static final Pattern SPACES = Pattern
      .compile("[\t-\r\u001C-\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+");

  private PromptCleaner() {}

  /// The clean text: without spaces at its ends, and with single ones within.
  public static String clean(String text) {
    String repaired = TextRepair.repair(text);
    String unescaped = HtmlEntities.unescape(HtmlEntities.unescape(repaired));
    return SPACES.matcher(unescaped).replaceAll(" ").strip();
  }
}
