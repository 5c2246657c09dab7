package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A JSON value. Reading is strict: no key twice, no invalid UTF-8, no number that does not fit, bounded depth and memory.
///
/// [Fields] reads the members of an object by name and type, which is how configurations are read:
/// ```java
/// Fields config = Fields.read(Path.of("config.json"));
/// long heads = config.integer("num_heads");
/// ```
/// Writing keeps the order in which members were added:
/// ```java
/// String manifest = Json.object().with("step", 100).with("files", Json.array(Json.of("a"), Json.of("b"))).pretty();
/// ```
public sealed interface Json {
  /// Larger files are refused; the largest tokenizers have about 40 MB.
  int MAX_BYTES = 128 << 20;

  /// Members in the order of the text.
  record Obj(Map<String, Json> members) implements Json {
    public Obj { members = Collections.unmodifiableMap(new LinkedHashMap<>(members)); }

    /// This object with one more member, or with another value for it.
    public Obj with(String name, Json value) {
      Map<String, Json> more = new LinkedHashMap<>(members);
      more.put(name, value);
      return new Obj(more);
    }

    public Obj with(String name, String value) { return with(name, of(value)); }

    public Obj with(String name, long value) { return with(name, of(value)); }

    public Obj with(String name, double value) { return with(name, of(value)); }

    public Obj with(String name, boolean value) { return with(name, of(value)); }
  }

  record Arr(List<Json> items) implements Json {
    public Arr { items = List.copyOf(items); }
  }

  record Str(String value) implements Json {}

  /// A number written without fraction and exponent.
  record Int(long value) implements Json {}

  /// A number with a fraction or an exponent.
  record Real(double value) implements Json {
    public Real {
      if (!Double.isFinite(value))
        throw new IllegalArgumentException("json: " + value + " cannot be written; needs a finite number");
    }
  }

  record Bool(boolean value) implements Json {}

  record Null() implements Json {}

  static Json of(String value) { return new Str(value); }

  static Json of(long value) { return new Int(value); }

  static Json of(double value) { return new Real(value); }

  static Json of(boolean value) { return new Bool(value); }

  /// An object without members, to add some.
  static Obj object() { return new Obj(Map.of()); }

  static Arr array(Json... items) { return new Arr(List.of(items)); }

  /// Reads a file that holds one JSON value.
  ///
  /// @throws ModelFormatException if it is not JSON, or larger than we read
  static Json read(Path file) throws IOException { return parse(file.toString(), JsonTree.bytes(file)); }

  /// Reads one JSON value from text.
  ///
  /// @param source what the text is, for messages
  static Json parse(String source, String text) throws ModelFormatException {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return parse(source, Arrays.copyOf(bytes.array(), bytes.limit()));
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(Reason.JSON_SURROGATE, source, "half of a surrogate pair; needs both");
    }
  }

  /// Reads one JSON value from UTF-8 bytes.
  ///
  /// @param source what the bytes are, for messages
  static Json parse(String source, byte[] utf8) throws ModelFormatException { return JsonTree.parse(utf8, new Guard(source)); }

  /// On one line, without spaces.
  default String compact() { return JsonText.compact(this); }

  /// For people: one member or element a line, indented by two spaces; arrays of plain values on one line. Ends with a newline.
  default String pretty() { return JsonText.pretty(this); }
}
