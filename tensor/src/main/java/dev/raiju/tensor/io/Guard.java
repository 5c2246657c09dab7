package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.util.Locale;
import java.util.Set;

/// What a reader checks a file with: every rule is one [#check], and says what it found in one line.
///
/// Rules can be switched off by their reason. Only tests do that: a rule that nobody misses is a rule that nothing tests.
final class Guard {
  private static final int SHOWN = 100;

  private final String source;
  private final Set<Reason> off;
  private String entry = "";

  /// @param source what is read, for messages
  Guard(String source) { this(source, Set.of()); }

  Guard(String source, Set<Reason> off) {
    this.source = source;
    this.off = off;
  }

  String source() { return source; }

  /// Says what part of the file is read now; messages name it. Empty for the file as a whole.
  void enter(String entry) { this.entry = entry; }

  /// Refuses the file unless the rule `holds`. The format and values are those of [String#format].
  void check(boolean holds, Reason reason, String format, Object... values) throws ModelFormatException {
    if (!holds && !off.contains(reason)) throw refusal(reason, format, values);
  }

  /// The refusal to throw where there is no way to go on.
  ModelFormatException refusal(Reason reason, String format, Object... values) {
    Object[] shown = values.clone();
    for (int i = 0; i < shown.length; i++) {
      if (shown[i] instanceof String text) shown[i] = shortened(text);
    }
    String place = entry.isEmpty() ? "" : shortened(entry) + ": ";
    return new ModelFormatException(reason, source, place + String.format(Locale.ROOT, format, shown));
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "… (" + text.length() + " characters)";
  }
}
