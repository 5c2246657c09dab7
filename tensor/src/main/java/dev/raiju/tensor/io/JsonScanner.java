package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.charset.StandardCharsets;

/// Walks through JSON text value by value, as RFC 8259 says and no more: the caller asks for what must come next.
///
/// ```java
/// scanner.beginObject();
/// while (scanner.moreMembers()) {
///   String key = scanner.key();
///   long value = scanner.integer();
/// }
/// scanner.end();
/// ```
/// Nothing is kept, so text of any size costs no memory but that of the strings asked for.
final class JsonScanner {
  /// Deeper nesting is refused: no configuration needs it, and callers may recurse.
  static final int MAX_DEPTH = 64;

  /// What a value begins like.
  enum Kind {
    OBJECT("an object"), ARRAY("an array"), STRING("a string"), NUMBER("a number"), BOOL("true or false"), NULL("null");

    final String shown;

    Kind(String shown) { this.shown = shown; }
  }

  private final byte[] text;
  private final Guard guard;
  private int at;
  private int depth;
  // whether the innermost array or object has had no element yet
  private boolean fresh;
  // whether the last number had neither fraction nor exponent
  private boolean whole;

  JsonScanner(byte[] text, Guard guard) {
    this.text = text;
    this.guard = guard;
  }

  /// What comes next.
  Kind peek() throws ModelFormatException {
    space();
    if (at == text.length) throw endsEarly();
    return switch (text[at]) {
      case '{' -> Kind.OBJECT;
      case '[' -> Kind.ARRAY;
      case '"' -> Kind.STRING;
      case 't', 'f' -> Kind.BOOL;
      case 'n' -> Kind.NULL;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Kind.NUMBER;
      default -> throw unexpected("a value");
    };
  }

  /// Goes on only if a value of this kind comes next.
  void require(Kind kind) throws ModelFormatException {
    Kind found = peek();
    if (found != kind) throw wrongType(kind.shown, found.shown);
  }

  /// A value of another type than needed, at the place where the scanner stands.
  ModelFormatException wrongType(String needed, String found) {
    return guard.refusal(Reason.JSON_WRONG_TYPE, "%s: found %s; needs %s", place(at), found, needed);
  }

  void beginObject() throws ModelFormatException { begin(Kind.OBJECT); }

  void beginArray() throws ModelFormatException { begin(Kind.ARRAY); }

  private void begin(Kind kind) throws ModelFormatException {
    require(kind);
    guard.check(depth < MAX_DEPTH, Reason.JSON_DEPTH, "%s: nested too deeply; at most %d levels", place(at), MAX_DEPTH);
    depth++;
    at++;
    fresh = true;
  }

  /// Whether the object has another member; if not, the object is left.
  boolean moreMembers() throws ModelFormatException { return more('}'); }

  /// Whether the array has another element; if not, the array is left.
  boolean moreItems() throws ModelFormatException { return more(']'); }

  private boolean more(char close) throws ModelFormatException {
    space();
    if (at == text.length) throw endsEarly();
    boolean first = fresh;
    fresh = false;
    if (text[at] == close) {
      at++;
      depth--;
      return false;
    }
    if (!first) {
      if (text[at] != ',') throw unexpected("',' or '" + close + "'");
      at++;
    }
    return true;
  }

  /// The key of a member; its value comes next.
  String key() throws ModelFormatException {
    require(Kind.STRING);
    String key = string();
    space();
    if (at == text.length) throw endsEarly();
    if (text[at] != ':') throw unexpected("':'");
    at++;
    return key;
  }

  String string() throws ModelFormatException {
    require(Kind.STRING);
    int begin = ++at;
    // printable ASCII: bytes from 0x80 on are negative
    while (at < text.length && text[at] >= ' ' && text[at] != '"' && text[at] != '\\') at++;
    if (at < text.length && text[at] == '"') return new String(text, begin, at++ - begin, StandardCharsets.ISO_8859_1);
    JsonString rest = new JsonString(text, begin, this, guard);
    at = rest.end();
    return rest.value();
  }

  /// A number without fraction and exponent that fits in 64 bits.
  long integer() throws ModelFormatException {
    int begin = number();
    if (!whole) throw wrongType("a whole number", "a number with a fraction or an exponent");
    return whole(begin);
  }

  /// A number: [Json.Int] if it has neither fraction nor exponent, else [Json.Real].
  Json value() throws ModelFormatException {
    int begin = number();
    return whole ? new Json.Int(whole(begin)) : new Json.Real(real(begin));
  }

  /// Passes a number, notes whether it is a whole one, and says where it began.
  private int number() throws ModelFormatException {
    require(Kind.NUMBER);
    int begin = at;
    if (text[at] == '-') at++;
    if (at < text.length && text[at] == '0') at++;
    else
      digits();
    whole = true;
    if (at < text.length && text[at] == '.') {
      whole = false;
      at++;
      digits();
    }
    if (at < text.length && (text[at] == 'e' || text[at] == 'E')) {
      whole = false;
      at++;
      if (at < text.length && (text[at] == '+' || text[at] == '-')) at++;
      digits();
    }
    if (at < text.length && text[at] >= '0' && text[at] <= '9') throw notANumber();
    return begin;
  }

  private void digits() throws ModelFormatException {
    int begin = at;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') at++;
    if (at == begin) throw at == text.length ? endsEarly() : notANumber();
  }

  private long whole(int begin) throws ModelFormatException {
    // what certainly fits needs no text of its own
    if (at - begin <= 18) {
      long value = 0;
      for (int i = text[begin] == '-' ? begin + 1 : begin; i < at; i++) value = 10 * value + (text[i] - '0');
      return text[begin] == '-' ? -value : value;
    }
    try {
      return Long.parseLong(literal(begin));
    } catch (NumberFormatException e) {
      throw outOfRange(literal(begin));
    }
  }

  private double real(int begin) throws ModelFormatException {
    double value = Double.parseDouble(literal(begin));
    if (Double.isInfinite(value)) throw outOfRange(literal(begin));
    return value;
  }

  private String literal(int begin) { return new String(text, begin, at - begin, StandardCharsets.ISO_8859_1); }

  private ModelFormatException outOfRange(String literal) {
    return guard.refusal(Reason.JSON_NUMBER_RANGE, "%s: number out of range: %s; needs 64 bits or a double", place(at), literal);
  }

  private ModelFormatException notANumber() {
    return guard.refusal(Reason.JSON_NUMBER, "%s: not a number; needs digits, and no 0 in front", place(at));
  }

  boolean bool() throws ModelFormatException {
    require(Kind.BOOL);
    boolean value = text[at] == 't';
    word(value ? "true" : "false");
    return value;
  }

  void nothing() throws ModelFormatException {
    require(Kind.NULL);
    word("null");
  }

  private void word(String word) throws ModelFormatException {
    for (int i = 0; i < word.length(); i++, at++) {
      if (at == text.length) throw endsEarly();
      if (text[at] != word.charAt(i)) throw unexpected(word);
    }
  }

  /// Refuses anything but white space after the value.
  void end() throws ModelFormatException {
    space();
    guard.check(at == text.length, Reason.JSON_TRAILING, "%s: something follows the value; needs the end", place(at));
  }

  private void space() {
    while (at < text.length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) at++;
  }

  private ModelFormatException unexpected(String needed) {
    int code = text[at] & 0xff;
    String found = code > ' ' && code < 0x7f ? "'" + (char) code + "'" : "byte 0x" + Integer.toHexString(code);
    return guard.refusal(Reason.JSON_SYNTAX, "%s: found %s; needs %s", place(at), found, needed);
  }

  ModelFormatException endsEarly() {
    return guard.refusal(Reason.JSON_ENDS_EARLY, "%s: ends within a value; is the file complete?", place(text.length));
  }

  /// The place of the value that comes next, for messages.
  Object place() { return place(at); }

  /// Where a byte stands, for messages; counted only when one is made.
  Object place(int offset) { return new Place(text, offset); }

  private record Place(byte[] text, int offset) {
    /// As an editor counts.
    @Override
    public String toString() {
      int line = 1;
      int column = 1;
      for (int i = 0; i < offset; i++) {
        if (text[i] == '\n') {
          line++;
          column = 1;
        } else if ((text[i] & 0xc0) != 0x80) column++;
      }
      return "line " + line + ", column " + column;
    }
  }
}
