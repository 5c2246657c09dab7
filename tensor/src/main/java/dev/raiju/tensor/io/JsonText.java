package dev.raiju.tensor.io;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Writes [Json] as text.
final class JsonText {
  private final StringBuilder out = new StringBuilder();
  private final boolean pretty;

  private JsonText(boolean pretty) { this.pretty = pretty; }

  static String compact(Json value) {
    JsonText text = new JsonText(false);
    text.value(value, 0);
    return text.out.toString();
  }

  static String pretty(Json value) {
    JsonText text = new JsonText(true);
    text.value(value, 0);
    return text.out.append('\n').toString();
  }

  private void value(Json value, int depth) {
    switch (value) {
      case Json.Obj(Map<String, Json> members) -> object(members, depth);
      case Json.Arr(List<Json> items) -> array(items, depth);
      case Json.Str(String text) -> quote(text, out);
      case Json.Int(long number) -> out.append(number);
      case Json.Real(double number) -> out.append(number);
      case Json.Bool(boolean flag) -> out.append(flag);
      case Json.Null() -> out.append("null");
    }
  }

  private void object(Map<String, Json> members, int depth) {
    out.append('{');
    for (Iterator<Map.Entry<String, Json>> all = members.entrySet().iterator(); all.hasNext();) {
      Map.Entry<String, Json> member = all.next();
      newline(depth + 1);
      quote(member.getKey(), out);
      out.append(pretty ? ": " : ":");
      value(member.getValue(), depth + 1);
      if (all.hasNext()) out.append(',');
    }
    if (!members.isEmpty()) newline(depth);
    out.append('}');
  }

  private void array(List<Json> items, int depth) {
    boolean oneLine = items.stream().noneMatch(item -> item instanceof Json.Obj || item instanceof Json.Arr);
    out.append('[');
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) out.append(',');
      if (!oneLine) newline(depth + 1);
      else if (i > 0 && pretty) out.append(' ');
      value(items.get(i), depth + 1);
    }
    if (!oneLine) newline(depth);
    out.append(']');
  }

  private void newline(int depth) {
    if (pretty) out.append('\n').repeat("  ", depth);
  }

  /// Appends a string in quotes. Only what must be escaped is.
  ///
  /// @throws IllegalArgumentException if it holds half of a surrogate pair, which has no UTF-8
  static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') out.append("\\u00").append(c < 0x10 ? "0" : "").append(Integer.toHexString(c));
          else
            out.append(c);
          if (Character.isSurrogate(c) && Character.charCount(text.codePointAt(i)) == 2) out.append(text.charAt(++i));
          else
            if (Character.isSurrogate(c))
              throw new IllegalArgumentException("json: half of a surrogate pair at " + i + "; needs both");
        }
      }
    }
    out.append('"');
  }
}
