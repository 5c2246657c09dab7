package dev.raiju.tensor.io;

import static dev.raiju.tensor.io.Fixtures.latin;
import static dev.raiju.tensor.io.Fixtures.safetensors;
import static dev.raiju.tensor.io.Fixtures.source;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Hand-made files that must be refused, each for its own reason.
final class HostileCases {
  /// One file and what must come of it.
  record Case(String name, Reason expected, Attempt attempt) {
    @Override
    public String toString() { return expected + ": " + name; }
  }

  /// Reads the file, with the rules of `guard`, in an empty directory of its own.
  @FunctionalInterface
  interface Attempt {
    void run(Guard guard, Path directory) throws Exception;
  }

  private static final String F32 = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";

  private final List<Case> cases = new ArrayList<>();

  private HostileCases() {
    safetensorsFiles();
    headers();
    entries();
    layouts();
    strings();
    numbers();
    json();
    fields();
    indices();
    directories();
    cases.addAll(HostileGguf.all());
    cases.addAll(HostileTorch.all());
  }

  static List<Case> all() { return new HostileCases().cases; }

  private void add(Reason expected, String name, Attempt attempt) { cases.add(new Case(name, expected, attempt)); }

  private void file(Reason expected, String name, byte[] bytes) { file(expected, name, bytes, bytes.length); }

  private void file(Reason expected, String name, byte[] bytes, long size) {
    add(expected, name, (guard, _) -> SafeTensorsHeader.read(source(bytes, size), guard));
  }

  private void header(Reason expected, String name, String json) { file(expected, name, safetensors(json, 0)); }

  /// A header of one entry, over as many bytes of data as F32 needs.
  private void entry(Reason expected, String name, String json) {
    file(expected, name, safetensors("{\"a\":" + json + "}", 4));
  }

  private void entry(Reason expected, String name, String dtype, String shape, String offsets) {
    entry(expected, name, "{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}");
  }

  private void json(Reason expected, String name, byte[] text) {
    add(expected, name, (guard, _) -> JsonTree.parse(text, guard));
  }

  private void json(Reason expected, String text) { json(expected, "json " + text, text.getBytes(StandardCharsets.UTF_8)); }

  private void index(Reason expected, String name, String json) {
    add(expected, name, (guard, _) -> ShardIndex.parse(json.getBytes(StandardCharsets.UTF_8), guard));
  }

  private void shardName(String file) {
    index(Reason.SHARD_NAME, "shard called " + file, Json.object().with("weight_map", Json.object().with("a", file)).compact());
  }

  private void safetensorsFiles() {
    file(Reason.TOO_SHORT, "empty file", new byte[0]);
    file(Reason.TOO_SHORT, "seven bytes", new byte[7]);
    file(Reason.LFS_POINTER, "git-lfs pointer", latin("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n"));
    file(Reason.HEADER_TOO_LARGE, "web page in place of the download", latin("<!DOCTYPE html><html><body>403</body></html>"));
    file(Reason.HEADER_TOO_LARGE, "header length 2^63", new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80});
    file(Reason.HEADER_TOO_LARGE, "header length 2^64 - 1", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    file(Reason.HEADER_TOO_LARGE, "header length 2^32 + 2", new byte[] {2, 0, 0, 0, 1, 0, 0, 0, '{', '}'}, 1L << 33);
    file(Reason.HEADER_TOO_LARGE, "header one byte over the limit", new byte[] {1, (byte) 0xe1, (byte) 0xf5, 5, 0, 0, 0, 0, '{',
      '}'}, 100_000_009L);
    file(Reason.HEADER_TRUNCATED, "header one byte longer than the file", new byte[] {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    file(Reason.HEADER_TRUNCATED, "header at the limit in a small file", new byte[] {0, (byte) 0xe1, (byte) 0xf5, 5, 0, 0, 0, 0,
      '{', '}'});
    file(Reason.HEADER_START, "header of no bytes", new byte[8]);
    file(Reason.DATA_TRAILING, "data without tensors", safetensors("{}", 1));
  }

  private void headers() {
    header(Reason.HEADER_START, "space before the header", " {}");
    header(Reason.HEADER_START, "header is an array", "[]");
    header(Reason.HEADER_START, "byte order mark", "\ufeff{}");
    header(Reason.JSON_TRAILING, "letters after the header", "{}x");
    header(Reason.JSON_TRAILING, "two headers", "{}{}");
    header(Reason.JSON_TRAILING, "zeros after the header", "{}\0\0");
    header(Reason.JSON_ENDS_EARLY, "only a brace", "{");
    header(Reason.JSON_ENDS_EARLY, "nothing after the colon", "{\"a\":");
    header(Reason.JSON_ENDS_EARLY, "nothing after the key", "{\"a\"");
    header(Reason.JSON_ENDS_EARLY, "nothing within the key", "{\"a");
    header(Reason.JSON_ENDS_EARLY, "nothing within an escape", "{\"\\");
    header(Reason.JSON_SYNTAX, "key without quotes", "{a:" + F32 + "}");
    header(Reason.JSON_SYNTAX, "key in single quotes", "{'a':" + F32 + "}");
    header(Reason.JSON_SYNTAX, "comma at the end", "{\"a\":" + F32 + ",}");
    header(Reason.JSON_SYNTAX, "comma at the beginning", "{,\"a\":" + F32 + "}");
    header(Reason.JSON_SYNTAX, "no comma", "{\"a\":" + F32 + "\"b\":" + F32 + "}");
    header(Reason.JSON_SYNTAX, "equals sign for a colon", "{\"a\"=" + F32 + "}");
    header(Reason.JSON_SYNTAX, "comment", "{/* */}");
    header(Reason.JSON_SYNTAX, "bracket for a brace", "{]");
    header(Reason.JSON_WRONG_TYPE, "key is a number", "{1:" + F32 + "}");
    header(Reason.JSON_WRONG_TYPE, "metadata is an array", "{\"__metadata__\":[]}");
    header(Reason.JSON_WRONG_TYPE, "metadata is null", "{\"__metadata__\":null}");
    header(Reason.JSON_WRONG_TYPE, "metadata with a number", "{\"__metadata__\":{\"a\":1}}");
    header(Reason.JSON_WRONG_TYPE, "metadata is a tensor", "{\"__metadata__\":" + F32 + "}");
    header(Reason.JSON_WRONG_TYPE, "nested a million deep in metadata", "{\"__metadata__\":{\"a\":" + "[".repeat(1_000_000));
    header(Reason.JSON_DUPLICATE_KEY, "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}");
    header(Reason.JSON_DUPLICATE_KEY, "key of the metadata twice", "{\"__metadata__\":{\"a\":\"b\",\"a\":\"b\"}}");
    file(Reason.JSON_DUPLICATE_KEY, "tensor twice", safetensors("{\"a\":" + F32 + ",\"a\":" + F32 + "}", 4));
    file(Reason.JSON_DUPLICATE_KEY, "tensor twice, once in escapes", safetensors("{\"a\":" + F32 + ",\"\\u0061\":" + F32 + "}",
        4));
    header(Reason.TOO_MANY_ENTRIES, "one entry over the limit", many(100_001, i -> "\"" + i
        + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}"));
    header(Reason.TOO_MANY_ENTRIES, "one line of metadata over the limit", "{\"__metadata__\":" + many(100_001, i -> "\"" + i
        + "\":\"\"") + "}");
  }

  private static String many(int count, java.util.function.IntFunction<String> member) {
    return IntStream.range(0, count).mapToObj(member).collect(Collectors.joining(",", "{", "}"));
  }

  private void entries() {
    entry(Reason.JSON_WRONG_TYPE, "entry is a number", "1");
    entry(Reason.JSON_WRONG_TYPE, "entry is null", "null");
    entry(Reason.JSON_WRONG_TYPE, "entry is true", "true");
    entry(Reason.JSON_WRONG_TYPE, "entry is an array", "[" + F32 + "]");
    entry(Reason.ENTRY_FIELD_MISSING, "empty entry", "{}");
    entry(Reason.ENTRY_FIELD_MISSING, "no dtype", "{\"shape\":[1],\"data_offsets\":[0,4]}");
    entry(Reason.ENTRY_FIELD_MISSING, "no shape", "{\"dtype\":\"F32\",\"data_offsets\":[0,4]}");
    entry(Reason.ENTRY_FIELD_MISSING, "no offsets", "{\"dtype\":\"F32\",\"shape\":[1]}");
    entry(Reason.ENTRY_FIELD_UNKNOWN, "a fourth field", F32.replace("{", "{\"strides\":[1],"));
    entry(Reason.ENTRY_FIELD_UNKNOWN, "field in other case", F32.replace("dtype", "DType"));
    entry(Reason.JSON_DUPLICATE_KEY, "dtype twice", F32.replace("{", "{\"dtype\":\"F32\","));
    entry(Reason.JSON_DUPLICATE_KEY, "shape twice", F32.replace("{", "{\"shape\":[1],"));
    entry(Reason.JSON_DUPLICATE_KEY, "offsets twice", F32.replace("{", "{\"data_offsets\":[0,4],"));
    entry(Reason.JSON_WRONG_TYPE, "dtype is a number", "32", "[1]", "[0,4]");
    entry(Reason.UNSUPPORTED_DTYPE, "4-bit float", "\"F4\"", "[8]", "[0,4]");
    entry(Reason.UNSUPPORTED_DTYPE, "8-bit exponent", "\"F8_E8M0\"", "[4]", "[0,4]");
    entry(Reason.UNSUPPORTED_DTYPE, "complex", "\"C64\"", "[0]", "[0,0]");
    entry(Reason.UNSUPPORTED_DTYPE, "dtype in lower case", "\"f32\"", "[1]", "[0,4]");
    entry(Reason.UNSUPPORTED_DTYPE, "a block type of ours", "\"Q8_G64\"", "[64]", "[0,72]");
    entry(Reason.JSON_WRONG_TYPE, "shape is a number", "\"F32\"", "1", "[0,4]");
    entry(Reason.JSON_WRONG_TYPE, "size is a string", "\"F32\"", "[\"1\"]", "[0,4]");
    entry(Reason.JSON_WRONG_TYPE, "size with a fraction", "\"F32\"", "[1.0]", "[0,4]");
    entry(Reason.JSON_WRONG_TYPE, "size with an exponent", "\"F32\"", "[1e0]", "[0,4]");
    entry(Reason.NEGATIVE_SIZE, "negative size", "\"F32\"", "[-1]", "[0,4]");
    entry(Reason.NEGATIVE_SIZE, "two negative sizes", "\"F32\"", "[-1,-1]", "[0,4]");
    entry(Reason.RANK, "nine axes", "\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]");
    entry(Reason.RANK, "100,000 axes", "\"F32\"", "[1" + ",1".repeat(99_999) + "]", "[0,4]");
    entry(Reason.SIZE_OVERFLOW, "product wraps to 4", "\"U8\"", "[4611686018427387905,4]", "[0,4]");
    entry(Reason.SIZE_OVERFLOW, "product wraps to 0", "\"U8\"", "[4294967296,4294967296]", "[0,0]");
    entry(Reason.SIZE_OVERFLOW, "product is negative", "\"U8\"", "[4611686018427387904,2]", "[0,4]");
    entry(Reason.SIZE_OVERFLOW, "bytes wrap though elements do not", "\"F64\"", "[2305843009213693952]", "[0,0]");
    entry(Reason.SIZE_OVERFLOW, "a zero after the overflow", "\"U8\"", "[4611686018427387904,4,0]", "[0,0]");
    entry(Reason.SIZE_OVERFLOW, "a zero before the overflow", "\"U8\"", "[0,4611686018427387904,4]", "[0,0]");
    file(Reason.NAME_TOO_LONG, "name of 4,097 letters", safetensors("{\"" + "a".repeat(4097) + "\":" + F32 + "}", 4));
    file(Reason.NAME_TOO_LONG, "name of 1,366 characters, 4,098 bytes", safetensors("{\"" + "中".repeat(1366) + "\":" + F32 + "}",
        4));
  }

  private void layouts() {
    entry(Reason.OFFSETS_COUNT, "no offsets in the list", "\"F32\"", "[1]", "[]");
    entry(Reason.OFFSETS_COUNT, "one offset", "\"F32\"", "[1]", "[0]");
    entry(Reason.OFFSETS_COUNT, "three offsets", "\"F32\"", "[1]", "[0,4,4]");
    entry(Reason.JSON_WRONG_TYPE, "offsets are an object", "\"F32\"", "[1]", "{}");
    entry(Reason.OFFSET_NEGATIVE, "negative offset", "\"F32\"", "[1]", "[-4,0]");
    entry(Reason.OFFSET_NEGATIVE, "difference wraps", "\"U8\"", "[0]", "[-9223372036854775808,9223372036854775807]");
    entry(Reason.OFFSETS_REVERSED, "end before begin", "\"F32\"", "[1]", "[4,0]");
    entry(Reason.SIZE_MISMATCH, "a byte too few", "\"F32\"", "[1]", "[0,3]");
    entry(Reason.SIZE_MISMATCH, "a byte too many", "\"F32\"", "[1]", "[0,5]");
    entry(Reason.SIZE_MISMATCH, "scalar of no bytes", "\"F32\"", "[]", "[0,0]");
    entry(Reason.SIZE_MISMATCH, "empty tensor of four bytes", "\"F32\"", "[0,7]", "[0,4]");
    entry(Reason.SIZE_MISMATCH, "half the type's size", "\"F64\"", "[1]", "[0,4]");
    entry(Reason.HOLE, "first tensor not at 0", "\"F32\"", "[1]", "[4,8]");
    entry(Reason.HOLE, "empty tensor beyond the others", "\"F32\"", "[0]", "[4,4]");
    pair(Reason.HOLE, "hole between two", 0, 4, 8, 12, 12);
    pair(Reason.OVERLAP, "one byte in common", 0, 4, 3, 7, 7);
    pair(Reason.OVERLAP, "the same bytes", 0, 4, 0, 4, 4);
    file(Reason.OVERLAP, "one within the other", safetensors(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}",
        8));
    file(Reason.OVERLAP, "empty tensor within another", safetensors(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[3,3]}}",
        8));
    file(Reason.DATA_TRUNCATED, "last byte cut off", safetensors("{\"a\":" + F32 + "}", 3));
    file(Reason.DATA_TRUNCATED, "no data at all", safetensors("{\"a\":" + F32 + "}", 0));
    entry(Reason.DATA_TRUNCATED, "2^62 bytes claimed", "\"U8\"", "[4611686018427387904]", "[0,4611686018427387904]");
    file(Reason.DATA_TRAILING, "a byte too many at the end", safetensors("{\"a\":" + F32 + "}", 5));
    file(Reason.DATA_TRAILING, "another file appended", safetensors("{\"a\":" + F32 + "}", 4 + 8 + 2));
  }

  private void pair(Reason expected, String name, int begin0, int end0, int begin1, int end1, int data) {
    String entry = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}";
    file(expected, name, safetensors(("{\"a\":" + entry + ",\"b\":" + entry + "}").formatted(begin0, end0, begin1, end1), data));
  }

  private void strings() {
    name(Reason.JSON_UTF8, "continuation byte alone", "\u0080");
    name(Reason.JSON_UTF8, "two-byte form of NUL", "\u00c0\u0080");
    name(Reason.JSON_UTF8, "two-byte form of a letter", "\u00c1\u0081");
    name(Reason.JSON_UTF8, "three-byte form of a slash", "\u00e0\u0080\u00af");
    name(Reason.JSON_UTF8, "four-byte form of the euro sign", "\u00f0\u0082\u0082\u00ac");
    name(Reason.JSON_UTF8, "surrogate in UTF-8", "\u00ed\u00a0\u0080");
    name(Reason.JSON_UTF8, "beyond U+10FFFF", "\u00f4\u0090\u0080\u0080");
    name(Reason.JSON_UTF8, "lead byte 0xf5", "\u00f5\u0080\u0080\u0080");
    name(Reason.JSON_UTF8, "lead byte 0xff", "\u00ff");
    name(Reason.JSON_UTF8, "character cut by the quote", "\u00e2\u0082");
    name(Reason.JSON_CONTROL_CHARACTER, "newline in a name", "a\nb");
    name(Reason.JSON_CONTROL_CHARACTER, "NUL in a name", "a\0b");
    name(Reason.JSON_ESCAPE, "no such escape", "\\x41");
    name(Reason.JSON_ESCAPE, "letter among the digits", "\\u12g4");
    name(Reason.JSON_ESCAPE, "foreign digits", "\\u\u00d9\u00a1000");
    name(Reason.JSON_ESCAPE, "three digits", "\\u123");
    name(Reason.JSON_SURROGATE, "first half alone", "\\ud800");
    name(Reason.JSON_SURROGATE, "first half before a letter", "\\ud800a");
    name(Reason.JSON_SURROGATE, "first half before another escape", "\\ud800\\n");
    name(Reason.JSON_SURROGATE, "second half alone", "\\udc00");
    name(Reason.JSON_SURROGATE, "halves in the wrong order", "\\udc00\\ud800");
    name(Reason.JSON_SURROGATE, "first half twice", "\\ud800\\ud800");
    add(Reason.JSON_SURROGATE, "half a pair in a Java string", (_, _) -> Json.parse("text", "\"\ud800\""));
  }

  /// A tensor whose name is these bytes, given as Latin-1.
  private void name(Reason expected, String label, String name) {
    file(expected, label, safetensors(latin("{\"" + name + "\":" + F32 + "}"), 4));
  }

  private void numbers() {
    for (String text : List.of("01", "-01", "00", "1.x", "1ex", "1e+x", "-x")) json(Reason.JSON_NUMBER, text);
    for (String text : List.of("1.", "-", "1e", "1e-")) json(Reason.JSON_ENDS_EARLY, text);
    for (String text : List.of("+1", ".5", "NaN", "Infinity", "undefined", "\u00b9")) json(Reason.JSON_SYNTAX, text);
    for (String text : List.of("0x10", "1_000", "1f", "0.5.5", "1e1e1")) json(Reason.JSON_TRAILING, text);
    for (String text : List.of("9223372036854775808", "-9223372036854775809", "1e309", "-1e309", "1e999999999999", "9".repeat(
        1000))) {
      json(Reason.JSON_NUMBER_RANGE, text);
    }
    entry(Reason.JSON_NUMBER_RANGE, "size 2^63", "\"U8\"", "[9223372036854775808]", "[0,4]");
    entry(Reason.JSON_NUMBER_RANGE, "size 2^64 + 4", "\"U8\"", "[18446744073709551620]", "[0,4]");
    entry(Reason.JSON_NUMBER_RANGE, "offset 2^64", "\"F32\"", "[1]", "[0,18446744073709551616]");
  }

  private void json() {
    for (String text : List.of("", "  \n", "[", "[1", "[1,", "{\"a\":1", "\"a", "\"\\u00", "tru", "nul")) {
      json(Reason.JSON_ENDS_EARLY, text);
    }
    for (String text : List.of("trup", "falsy", "nul0", "[1 2]", "[,]", "[1,]", "{\"a\" 1}", "]", "}", "True", "'a'", "\u00a0")) {
      json(Reason.JSON_SYNTAX, text);
    }
    for (String text : List.of("1 1", "{} []", "nullnull", "\"a\"\"b\"", "[]\0")) json(Reason.JSON_TRAILING, text);
    json(Reason.JSON_DEPTH, "65 arrays", latin("[".repeat(65) + "]".repeat(65)));
    json(Reason.JSON_DEPTH, "65 objects", latin("{\"a\":".repeat(65) + "1" + "}".repeat(65)));
    json(Reason.JSON_DEPTH, "a million arrays", latin("[".repeat(1_000_000)));
    json(Reason.JSON_DEPTH, "a million objects", latin("{\"\":".repeat(1_000_000)));
    json(Reason.JSON_DUPLICATE_KEY, "key twice", latin("{\"a\":1,\"b\":2,\"a\":1}"));
    json(Reason.JSON_DUPLICATE_KEY, "empty key twice", latin("{\"\":1,\"\":1}"));
    json(Reason.JSON_TOO_MANY_VALUES, "a million empty objects", latin("[{}" + ",{}".repeat(1_000_000) + "]"));
    json(Reason.JSON_TOO_MANY_VALUES, "a million empty arrays", latin("[[]" + ",[]".repeat(1_000_000) + "]"));
    json(Reason.JSON_TOO_MANY_VALUES, "two million zeros", latin("[0" + ",0".repeat(2_000_000) + "]"));
    add(Reason.JSON_TOO_LARGE, "a byte over the limit", (guard, _) -> JsonTree.parse(new byte[Json.MAX_BYTES + 1], guard));
  }

  /// Reads members of a small object.
  @FunctionalInterface
  private interface FieldsUse {
    void read(Fields fields) throws Exception;
  }

  private void fields(Reason expected, String name, String json, FieldsUse use) {
    add(expected, name, (guard, _) -> use.read(Fields.of(guard, JsonTree.parse(latin(json), guard))));
  }

  private void fields() {
    fields(Reason.JSON_WRONG_TYPE, "configuration is an array", "[]", Fields::names);
    fields(Reason.JSON_WRONG_TYPE, "string for a number", "{\"a\":\"1\"}", f -> f.integer("a"));
    fields(Reason.JSON_WRONG_TYPE, "number for a string", "{\"a\":1}", f -> f.string("a"));
    fields(Reason.JSON_WRONG_TYPE, "fraction for a whole number", "{\"a\":1.0}", f -> f.integer("a"));
    fields(Reason.JSON_WRONG_TYPE, "number for a flag", "{\"a\":1}", f -> f.flag("a"));
    fields(Reason.JSON_WRONG_TYPE, "flag for a number", "{\"a\":true}", f -> f.number("a"));
    fields(Reason.JSON_WRONG_TYPE, "array for an object", "{\"a\":[]}", f -> f.object("a"));
    fields(Reason.JSON_WRONG_TYPE, "object for an array", "{\"a\":{}}", f -> f.integers("a"));
    fields(Reason.JSON_WRONG_TYPE, "string among numbers", "{\"a\":[1,\"2\"]}", f -> f.integers("a"));
    fields(Reason.JSON_WRONG_TYPE, "number among strings", "{\"a\":[\"1\",2]}", f -> f.strings("a"));
    fields(Reason.JSON_WRONG_TYPE, "null among numbers", "{\"a\":[1.5,null]}", f -> f.numbers("a"));
    fields(Reason.JSON_WRONG_TYPE, "number among objects", "{\"a\":[{},2]}", f -> f.objects("a"));
    fields(Reason.FIELD_MISSING, "no such member", "{\"b\":1}", f -> f.integer("a"));
    fields(Reason.FIELD_MISSING, "member is null", "{\"a\":null}", f -> f.integer("a"));
    fields(Reason.FIELD_RANGE, "one too small", "{\"a\":0}", f -> f.integer("a", 1, 8));
    fields(Reason.FIELD_RANGE, "one too large", "{\"a\":9}", f -> f.integer("a", 1, 8));
    fields(Reason.FIELD_RANGE, "2^32 + 1 is not 1", "{\"a\":4294967297}", f -> f.integer("a", 1, 8));
    fields(Reason.FIELD_RANGE, "value that makes no sense to the caller", "{\"a\":9}", f -> {
      throw f.refuse("a", "9 heads; needs a divisor of 64");
    });
    fields(Reason.FIELD_UNKNOWN, "member that nobody reads", "{\"a\":1,\"b\":2}", f -> {
      f.integer("a");
      f.refuseUnknown();
    });
  }

  private void indices() {
    index(Reason.JSON_WRONG_TYPE, "index is a list", "[]");
    index(Reason.FIELD_MISSING, "no weight_map", "{\"metadata\":{}}");
    index(Reason.JSON_WRONG_TYPE, "weight_map is an array", "{\"weight_map\":[]}");
    index(Reason.JSON_WRONG_TYPE, "shard is a number", "{\"weight_map\":{\"a\":1}}");
    index(Reason.JSON_WRONG_TYPE, "metadata is a string", "{\"metadata\":\"\",\"weight_map\":{}}");
    index(Reason.JSON_DUPLICATE_KEY, "tensor in two places", "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}");
    index(Reason.NAME_TOO_LONG, "name of 4,097 letters in an index", "{\"weight_map\":{\"" + "a".repeat(4097) + "\":\"x\"}}");
    index(Reason.TOO_MANY_ENTRIES, "one tensor over the limit", "{\"weight_map\":" + many(100_001, i -> "\"" + i + "\":\"x\"")
        + "}");
    index(Reason.TOO_MANY_SHARDS, "one shard over the limit", "{\"weight_map\":" + many(4097, i -> "\"" + i + "\":\"x" + i
        + "\"") + "}");
    List.of("", ".", "..", "../x.safetensors", "/etc/passwd", "a/b", "a\\b", "..\\x", "C:x", "C:\\x", "x\0", "x\n", "con", "NUL",
        "nul.safetensors", "Com1.txt", "x.", "x ", "~root", "-rf", "x:stream", "%2e%2e", "\u202ex", "x".repeat(300)).forEach(
            this::shardName);
  }

  private void directories() {
    add(Reason.SHARD_MISSING, "shard is not there", (guard, dir) -> openIndex(guard, dir, "x.safetensors"));
    add(Reason.SHARD_MISSING, "shard is a directory", (guard, dir) -> {
      Files.createDirectory(dir.resolve("x.safetensors"));
      openIndex(guard, dir, "x.safetensors");
    });
    add(Reason.SHARD_MISSING, "link to nothing", (guard, dir) -> {
      Files.createSymbolicLink(dir.resolve("x.safetensors"), dir.resolve("nothing"));
      openIndex(guard, dir, "x.safetensors");
    });
    add(Reason.SHARD_OUTSIDE, "link out of the directory", (guard, dir) -> outside(guard, dir, dir.resolve("elsewhere")));
    add(Reason.SHARD_OUTSIDE, "link to a directory whose name begins alike", (guard, dir) -> outside(guard, dir, dir.resolve(
        "model_evil")));
    add(Reason.TOO_SHORT, "shard is damaged", (guard, dir) -> {
      Files.write(dir.resolve("x.safetensors"), new byte[4]);
      openIndex(guard, dir, "x.safetensors");
    });
    add(Reason.SHARD_LACKS_TENSOR, "tensor is not in its shard", (guard, dir) -> {
      Files.write(dir.resolve("x.safetensors"), safetensors("{}", 0));
      openIndex(guard, dir, "x.safetensors");
    });
    add(Reason.SHARD_TENSOR_UNMAPPED, "tensor that the index does not know", (guard, dir) -> {
      Files.write(dir.resolve("x.safetensors"), twoTensors("a", "b"));
      openIndex(guard, dir, "x.safetensors");
    });
    add(Reason.SHARD_TENSOR_UNMAPPED, "tensor in two shards", (guard, dir) -> {
      Files.write(dir.resolve("x.safetensors"), twoTensors("a", "b"));
      Files.write(dir.resolve("y.safetensors"), twoTensors("c", "a"));
      ShardedSafeTensors.open(Files.writeString(dir.resolve("i.json"),
          "{\"weight_map\":{\"a\":\"x.safetensors\",\"b\":\"x.safetensors\",\"c\":\"y.safetensors\"}}"), guard).close();
    });
    add(Reason.DIRECTORY_EMPTY, "directory without weights", (guard, dir) -> WeightsDirectory.find(dir, guard));
    add(Reason.DIRECTORY_AMBIGUOUS, "two files", (guard, dir) -> {
      Fixtures.copy("fp8.safetensors", dir);
      Fixtures.copy("weights.safetensors", dir);
      WeightsDirectory.find(dir, guard);
    });
    add(Reason.TENSOR_MISSING, "tensor that is not in the file", (_, dir) -> {
      try (TensorFile file = TensorFile.open(Fixtures.copy("weights.safetensors", dir))) {
        file.tensor("a.f33", Device.reference());
      }
    });
    add(Reason.TENSOR_MISSING, "tensor that is in no shard", (_, dir) -> {
      for (String name : Fixtures.SAFETENSORS.subList(3, 5)) Fixtures.copy(name, dir);
      try (TensorFile file = TensorFile.open(Fixtures.copy(Fixtures.INDEX, dir))) {
        file.spec("a.f33");
      }
    });
    add(Reason.TENSOR_SHAPE, "tensor of another shape", (_, dir) -> {
      try (TensorFile file = TensorFile.open(Fixtures.copy("weights.safetensors", dir))) {
        file.tensor("a.f32", Shape.of(49), Device.reference());
      }
    });
  }

  private static byte[] twoTensors(String a, String b) {
    return safetensors(("{\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        + "\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}").formatted(a, b), 2);
  }

  private static void openIndex(Guard guard, Path directory, String shard) throws IOException {
    Path index = Files.writeString(directory.resolve("i.json"), "{\"weight_map\":{\"a\":\"" + shard + "\"}}");
    ShardedSafeTensors.open(index, guard).close();
  }

  /// A sound shard, in a directory beside `model`, that the index reaches through a link.
  private static void outside(Guard guard, Path directory, Path elsewhere) throws IOException {
    Path model = Files.createDirectory(directory.resolve("model"));
    Path shard = Files.write(Files.createDirectory(elsewhere).resolve("x.safetensors"), safetensors("{\"a\":" + F32 + "}", 4));
    Files.createSymbolicLink(model.resolve("x.safetensors"), shard);
    openIndex(guard, model, "x.safetensors");
  }
}
