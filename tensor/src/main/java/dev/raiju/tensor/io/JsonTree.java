package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Builds [Json] values, within a budget of memory: an empty object takes two bytes in a file and far more here.
final class JsonTree {
  private static final long FREE_BYTES = 24 << 20;
  private static final long BYTES_PER_BYTE = 3;
  // rough sizes of the Java objects
  private static final long VALUE = 32;
  private static final long CONTAINER = 120;
  private static final long MEMBER = 64;

  private final JsonScanner scanner;
  private final Guard guard;
  private long budget;

  private JsonTree(byte[] utf8, Guard guard) {
    this.scanner = new JsonScanner(utf8, guard);
    this.guard = guard;
    this.budget = FREE_BYTES + BYTES_PER_BYTE * utf8.length;
  }

  /// A file, or so much of it that [#parse] sees that it is too large.
  static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(Json.MAX_BYTES + 1);
    }
  }

  static Json parse(byte[] utf8, Guard guard) throws ModelFormatException {
    guard.check(utf8.length <= Json.MAX_BYTES, Reason.JSON_TOO_LARGE, "too large: more than %d bytes", Json.MAX_BYTES);
    JsonTree tree = new JsonTree(utf8, guard);
    Json value = tree.value();
    tree.scanner.end();
    return value;
  }

  private Json value() throws ModelFormatException {
    return switch (scanner.peek()) {
      case OBJECT -> object();
      case ARRAY -> array();
      case STRING -> string();
      case NUMBER -> {
        spend(VALUE);
        yield scanner.value();
      }
      case BOOL -> new Json.Bool(scanner.bool());
      case NULL -> {
        scanner.nothing();
        yield new Json.Null();
      }
    };
  }

  private Json object() throws ModelFormatException {
    spend(CONTAINER);
    Map<String, Json> members = new LinkedHashMap<>();
    scanner.beginObject();
    while (scanner.moreMembers()) {
      Object place = scanner.place();
      String key = scanner.key();
      spend(MEMBER + VALUE + 2L * key.length());
      Json before = members.put(key, value());
      guard.check(before == null, Reason.JSON_DUPLICATE_KEY, "%s: key given twice: %s", place, key);
    }
    return new Json.Obj(members);
  }

  private Json array() throws ModelFormatException {
    spend(CONTAINER);
    List<Json> items = new ArrayList<>();
    scanner.beginArray();
    while (scanner.moreItems()) items.add(value());
    return new Json.Arr(items);
  }

  private Json string() throws ModelFormatException {
    String value = scanner.string();
    spend(VALUE + 2L * value.length());
    return new Json.Str(value);
  }

  private void spend(long bytes) throws ModelFormatException {
    budget -= bytes;
    guard.check(budget >= 0, Reason.JSON_TOO_MANY_VALUES, "%s: too many values for a text of this size", scanner.place());
  }
}
