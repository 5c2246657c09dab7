package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The keys and values of a GGUF file.
///
/// @param count how many keys there are
/// @param texts each value as people write it; of long arrays only the count
/// @param alignment to how many bytes data are padded, a power of two
/// @param begin where in the file the first key lies
/// @param end where the last value ends
record GgufValues(long count, Map<String, String> texts, long alignment, long begin, long end) {
  static final String ALIGNMENT = "general.alignment";
  static final int DEFAULT_ALIGNMENT = 32;
  static final int TEXT = 8;

  private static final int U32 = 4;
  private static final int ARRAY = 9;
  private static final int[] BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  private static final List<String> KINDS = List.of("u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "text", "arrays",
      "u64",
      "i64", "f64");
  private static final int MAX_ALIGNMENT = 1 << 20;
  private static final int MAX_DEPTH = 4;
  // a value that is shown; longer ones are checked and counted
  private static final int SHOWN_ITEMS = 16;
  private static final int SHOWN_BYTES = 1 << 16;

  static GgufValues read(ByteCursor cursor, long count, Guard guard) throws IOException {
    long begin = cursor.position();
    Reader reader = new Reader(cursor, guard);
    for (long i = 0; i < count; i++) reader.pair();
    return new GgufValues(count, Collections.unmodifiableMap(reader.texts), reader.alignment, begin, cursor.position());
  }

  /// The name of a key or a tensor.
  static String name(ByteCursor cursor, Guard guard) throws IOException {
    long bytes = cursor.i64();
    guard.check(bytes >= 0 && bytes <= SafeTensorsHeader.MAX_NAME_BYTES, Reason.NAME_TOO_LONG, "name of %s bytes; at most %d",
        Long.toUnsignedString(bytes), SafeTensorsHeader.MAX_NAME_BYTES);
    return cursor.text(bytes);
  }

  private static final class Reader {
    private final ByteCursor cursor;
    private final Guard guard;
    private final Map<String, String> texts = new LinkedHashMap<>();
    private long alignment = DEFAULT_ALIGNMENT;

    Reader(ByteCursor cursor, Guard guard) {
      this.cursor = cursor;
      this.guard = guard;
    }

    void pair() throws IOException {
      String key = name(cursor, guard);
      guard.enter(key);
      int kind = kind();
      String text = value(kind, 0);
      guard.check(texts.put(key, text) == null, Reason.NAME_TWICE, "given twice");
      if (key.equals(ALIGNMENT)) alignment = alignment(kind, text);
      guard.enter("");
    }

    private long alignment(int kind, String text) throws ModelFormatException {
      long value = kind == U32 ? Long.parseLong(text) : 0;
      if (value > 0 && value <= MAX_ALIGNMENT && Long.bitCount(value) == 1) return value;
      throw guard.refusal(Reason.GGUF_ALIGNMENT, "%s of kind %s; must be a u32, a power of two of at most %d", text, KINDS.get(
          kind), MAX_ALIGNMENT);
    }

    private int kind() throws IOException {
      int kind = cursor.i32();
      if (kind < 0 || kind >= BYTES.length) {
        throw guard.refusal(Reason.GGUF_VALUE, "value of kind %s; kinds are 0 to %d", Integer.toUnsignedString(kind), BYTES.length
            - 1);
      }
      return kind;
    }

    /// Reads a value.
    private String value(int kind, int depth) throws IOException {
      return switch (kind) {
        case 0 -> Integer.toString(cursor.u8());
        case 1 -> Integer.toString((byte) cursor.u8());
        case 2 -> Integer.toString(cursor.u16());
        case 3 -> Integer.toString((short) cursor.u16());
        case U32 -> Long.toString(cursor.u32());
        case 5 -> Integer.toString(cursor.i32());
        case 6 -> Float.toString(Float.intBitsToFloat(cursor.i32()));
        case 7 -> flag();
        case TEXT -> text();
        case ARRAY -> array(depth);
        case 10 -> Long.toUnsignedString(cursor.i64());
        case 11 -> Long.toString(cursor.i64());
        default -> Double.toString(Double.longBitsToDouble(cursor.i64()));
      };
    }

    private String flag() throws IOException {
      int value = cursor.u8();
      guard.check(value <= 1, Reason.GGUF_FLAG, "%d for true or false; must be 1 or 0", value);
      return value == 0 ? "false" : "true";
    }

    private String text() throws IOException {
      long bytes = cursor.i64();
      if (bytes >= 0 && bytes <= SHOWN_BYTES) return cursor.text(bytes);
      cursor.skip(bytes);
      return "text of " + bytes + " bytes";
    }

    private String array(int depth) throws IOException {
      guard.check(depth < MAX_DEPTH, Reason.GGUF_DEPTH, "arrays nested more than %d deep", MAX_DEPTH);
      int kind = kind();
      long count = cursor.i64();
      if (count >= 0 && count <= SHOWN_ITEMS) {
        List<String> items = new ArrayList<>();
        for (long i = 0; i < count; i++) items.add(value(kind, depth + 1));
        return items.toString();
      }
      skip(kind, count, depth + 1);
      return count + " values of kind " + KINDS.get(kind);
    }

    private void skip(int kind, long count, int depth) throws IOException {
      if (BYTES[kind] > 0) {
        cursor.skip(bytes(count, BYTES[kind]));
        return;
      }
      // every one of them takes some bytes of the file; a count beyond 2^63 shall end by that too
      for (long i = 0; Long.compareUnsigned(i, count) < 0; i++) {
        if (kind == TEXT) cursor.skip(cursor.i64());
        else array(depth);
      }
    }

    /// Or more than any file has, if they do not fit in 63 bits.
    private static long bytes(long count, int each) {
      try {
        return Sizes.product(each, count);
      } catch (ArithmeticException e) {
        return Long.MAX_VALUE;
      }
    }
  }
}
