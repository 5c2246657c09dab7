package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;

/// Decodes a JSON string that has escapes or characters beyond ASCII.
final class JsonString {
  private final byte[] text;
  private final JsonScanner scanner;
  private final Guard guard;
  private final StringBuilder value = new StringBuilder();
  private int at;

  /// @param begin where the first character stands, after the quote
  JsonString(byte[] text, int begin, JsonScanner scanner, Guard guard) throws ModelFormatException {
    this.text = text;
    this.scanner = scanner;
    this.guard = guard;
    this.at = begin;
    for (int code = next(); code != '"'; code = next()) {
      if (code == '\\') escape();
      else if (code < 0x80) plain(code);
      else
        multibyte(code);
    }
  }

  String value() { return value.toString(); }

  /// Where the text goes on, after the closing quote.
  int end() { return at; }

  private int next() throws ModelFormatException {
    if (at == text.length) throw scanner.endsEarly();
    return text[at++] & 0xff;
  }

  private void plain(int code) throws ModelFormatException {
    guard.check(code >= ' ', Reason.JSON_CONTROL_CHARACTER, "%s: control character %d in a string; needs an escape",
        scanner.place(at - 1), code);
    value.append((char) code);
  }

  private void escape() throws ModelFormatException {
    int begin = at - 1;
    int code = next();
    switch (code) {
      case '"', '\\', '/' -> value.append((char) code);
      case 'b' -> value.append('\b');
      case 'f' -> value.append('\f');
      case 'n' -> value.append('\n');
      case 'r' -> value.append('\r');
      case 't' -> value.append('\t');
      case 'u' -> unicode(begin);
      default -> throw notAnEscape(begin);
    }
  }

  private void unicode(int begin) throws ModelFormatException {
    char unit = hex(begin);
    value.append(unit);
    if (!Character.isSurrogate(unit)) return;
    boolean pair = Character.isHighSurrogate(unit) && at + 1 < text.length && text[at] == '\\' && text[at + 1] == 'u';
    if (pair) {
      at += 2;
      char low = hex(begin);
      value.append(low);
      pair = Character.isLowSurrogate(low);
    }
    guard.check(pair, Reason.JSON_SURROGATE, "%s: half of a surrogate pair; needs both", scanner.place(begin));
  }

  private char hex(int begin) throws ModelFormatException {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int code = next();
      int digit = code < 0x80 ? Character.digit(code, 16) : -1;
      if (digit < 0) throw notAnEscape(begin);
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }

  private ModelFormatException notAnEscape(int begin) {
    return guard.refusal(Reason.JSON_ESCAPE, "%s: not an escape; needs one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
        scanner.place(begin));
  }

  /// A character of two to four bytes, in its shortest form, neither a surrogate nor beyond U+10FFFF.
  private void multibyte(int lead) throws ModelFormatException {
    int begin = at - 1;
    int more = lead < 0xc2 || lead > 0xf4 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    int code = lead & 0x3f >> more;
    boolean right = more > 0;
    for (int i = 0; i < more && right; i++) {
      int unit = next();
      right = (unit & 0xc0) == 0x80;
      code = code << 6 | unit & 0x3f;
    }
    int least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    if (!right || code < least || code > Character.MAX_CODE_POINT || code >= 0xd800 && code < 0xe000) {
      throw guard.refusal(Reason.JSON_UTF8, "%s: byte 0x%x does not begin a UTF-8 character", scanner.place(begin), lead);
    }
    value.appendCodePoint(code);
  }
}
