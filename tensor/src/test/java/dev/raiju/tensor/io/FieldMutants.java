package dev.raiju.tensor.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/// Inputs whose parts are each well formed and together are not: sizes at the edges of the number types, ranges that overlap,
/// keys given twice. All text is Latin-1, a character a byte, so that it may hold bytes that are not UTF-8.
final class FieldMutants {
  private static final String[] NUMBERS = {"0", "1", "-1", "-0", "2", "7", "127", "2147483647", "2147483648", "2147483649",
    "4294967295", "4294967296", "4294967297", "9007199254740992", "9007199254740993", "1152921504606846976",
    "2305843009213693952", "4611686018427387904", "4611686018427387905", "9223372036854775806", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1.0", "1e3", "1e999",
    "1e-999", "0.5", "01", "1.", "1e", "+1", "0x1", "NaN", "\"1\"", "null", "true", "[]", "{}", "[[1]]", ""};
  private static final String[] SHAPES = {"[]", "[0]", "[4611686018427387905,4]", "[4294967296,4294967296]",
    "[4294967297,4294967295,2]", "[3037000500,3037000500]", "[0,9223372036854775807,9223372036854775807]",
    "[9223372036854775807,0]", "[1,1,1,1,1,1,1,1]", "[1,1,1,1,1,1,1,1,1]", "[1,1,1,1,1,1,1,1,0]", "[2,2,2,2,2,2,2]"};
  private static final String[] TYPES = {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "I16", "U16", "F16", "BF16", "I32", "U32",
    "F32", "F64", "I64", "U64", "F4", "F8_E8M0", "C64", "f32", "Q8_G64", "", "F32 "};
  private static final String[] NAMES = {"", "a", "b", "\\u0061", "__metadata__", "\u00e4\u00b8\u00ad", "\u0080", "\u00c0\u0080",
    "\u00ed\u00a0\u0080", "\u00f4\u0090\u0080\u0080", "\u00e2\u0082", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\q", "\\u12",
    "\n",
    "\0", "a".repeat(4096), "a".repeat(4097), "\u00e4\u00b8\u00ad".repeat(1366), "dtype", "\\\\", "\\\"", "\\/"};
  private static final String[] SHARDS = {"x", "y.safetensors", "model-00001-of-00002.safetensors", "", ".", "..", "../x", "a/b",
    "a\\\\b", "/x", "C:x", "con", "NUL.txt", "com1", "com10", "x.", "x ", " x", "-x", "_", "x\\u0000", "x\\n", "\u00c3\u00a9",
    "x".repeat(251), "x".repeat(252), "~", "x:y", "nul_", "console"};

  private FieldMutants() {}

  /// One tensor of a file in the making. Every field is JSON text.
  private static final class Entry {
    String name = "";
    String dtype = "";
    String shape = "";
    String begin = "";
    String end = "";
    final List<String> more = new ArrayList<>();

    String json(SplittableRandom random) {
      List<String> fields = new ArrayList<>();
      if (!dtype.isEmpty()) fields.add("\"dtype\":" + dtype);
      if (!shape.isEmpty()) fields.add("\"shape\":" + shape);
      if (!begin.isEmpty() || !end.isEmpty()) fields.add("\"data_offsets\":[" + begin + "," + end + "]");
      fields.addAll(more);
      if (random.nextInt(4) == 0) Collections.reverse(fields);
      return "\"" + name + "\":{" + String.join(",", fields) + "}";
    }
  }

  static byte[] safetensors(SplittableRandom random) {
    List<Entry> entries = new ArrayList<>();
    long data = 0;
    for (int i = random.nextInt(5); i >= 0; i--) {
      Entry entry = new Entry();
      int type = random.nextInt(15);
      long bytes = type < 5 ? 1 : type < 9 ? 2 : type < 12 ? 4 : 8;
      List<String> sizes = new ArrayList<>();
      for (int axes = random.nextInt(4); axes > 0; axes--) {
        int size = random.nextInt(4);
        bytes *= size;
        sizes.add(Integer.toString(size));
      }
      entry.name = "t" + i;
      entry.dtype = "\"" + TYPES[type] + "\"";
      entry.shape = sizes.toString();
      entry.begin = Long.toString(data);
      data += bytes;
      entry.end = Long.toString(data);
      entries.add(entry);
    }
    List<String> metadata = new ArrayList<>();
    if (random.nextInt(3) == 0) metadata.add("\"note\":\"x\"");
    for (int edits = random.nextInt(4); edits > 0; edits--) edit(random, entries, metadata);
    if (random.nextInt(4) == 0) shuffle(entries, random);
    List<String> members = entries.stream().map(entry -> entry.json(random)).collect(Collectors.toCollection(ArrayList::new));
    if (!metadata.isEmpty())
      members.add(random.nextInt(members.size() + 1), "\"__metadata__\":{" + String.join(",", metadata) + "}");
    if (random.nextInt(60) == 0) members.add("\"__metadata__\":" + pick(random, NUMBERS));
    return file(random, "{" + String.join(random.nextInt(40) == 0 ? ",," : ",", members) + "}", data);
  }

  private static void edit(SplittableRandom random, List<Entry> entries, List<String> metadata) {
    Entry entry = entries.get(random.nextInt(entries.size()));
    Entry other = entries.get(random.nextInt(entries.size()));
    switch (random.nextInt(16)) {
      case 0 -> entry.begin = pick(random, NUMBERS);
      case 1 -> entry.end = pick(random, NUMBERS);
      case 2 -> entry.shape = "[" + pick(random, NUMBERS) + "]";
      case 3 -> entry.shape = "[" + pick(random, NUMBERS) + "," + pick(random, NUMBERS) + "]";
      case 4 -> entry.shape = pick(random, SHAPES);
      case 5 -> entry.dtype = "\"" + pick(random, TYPES) + "\"";
      case 6 -> entry.name = pick(random, NAMES);
      case 7 -> {
        String begin = entry.begin;
        entry.begin = other.begin;
        other.begin = begin;
      }
      case 8 -> entry.end = other.end;
      case 9 -> entry.name = other.name;
      case 10 -> entries.add(entry);
      case 11 -> entry.more.add(random.nextBoolean() ? "\"dtype\":" + entry.dtype : "\"x\":" + pick(random, NUMBERS));
      case 12 -> {
        if (random.nextBoolean()) entry.dtype = "";
        else
          entry.shape = "";
      }
      case 13 -> {
        entry.begin = "";
        entry.end = random.nextBoolean() ? "" : "0,0";
      }
      case 14 -> metadata.add("\"" + pick(random, NAMES) + "\":\"" + pick(random, NAMES) + "\"");
      default -> metadata.add("\"m\":" + pick(random, NUMBERS));
    }
  }

  private static byte[] file(SplittableRandom random, String json, long data) {
    String header = switch (random.nextInt(60)) {
      case 0 -> " " + json;
      case 1 -> json + "x";
      case 2 -> json.substring(0, random.nextInt(json.length()));
      case 3 -> json + json;
      case 4 -> "[".repeat(70);
      default -> json + " ".repeat(random.nextInt(9));
    };
    long length = header.length();
    long bytes = data;
    switch (random.nextInt(50)) {
      case 0 -> length += random.nextInt(3) - 1;
      case 1 -> length = 1L << random.nextInt(64);
      case 2 -> length = -1 - random.nextInt(9);
      case 3 -> length = 100_000_000 + random.nextInt(2);
      case 4 -> bytes = Math.max(0, bytes - 1);
      case 5 -> bytes += 1 + random.nextInt(8);
      default -> {}
    }
    byte[] file = ByteBuffer.allocate((int) (8 + header.length() + bytes)).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(
        Fixtures.latin(header)).array();
    return random.nextInt(500) == 0 ? Arrays.copyOf(file, random.nextInt(10)) : file;
  }

  /// A JSON text as tokens, some of them replaced, repeated or left out.
  static byte[] json(SplittableRandom random) {
    List<String> tokens = new ArrayList<>();
    value(random, tokens, random.nextInt(200) == 0 ? 60 + random.nextInt(10) : 0, random.nextInt(4));
    for (int edits = random.nextInt(3); edits > 0; edits--) {
      int at = random.nextInt(tokens.size());
      switch (random.nextInt(6)) {
        case 0 -> tokens.set(at, pick(random, NUMBERS));
        case 1 -> tokens.set(at, "\"" + pick(random, NAMES) + "\"");
        case 2 -> tokens.add(at, tokens.get(random.nextInt(tokens.size())));
        case 3 -> tokens.set(at, tokens.get(random.nextInt(tokens.size())));
        case 4 -> tokens.set(at, pick(random, new String[] {"{", "}", "[", "]", ",", ":", "tru", "nul", "falsey", "'", "\""}));
        default -> {
          if (tokens.size() > 1) tokens.remove(at);
        }
      }
    }
    String space = pick(random, new String[] {"", "", " ", "\n", "\t\r\n "});
    return Fixtures.latin(space + String.join(space, tokens) + space);
  }

  private static void value(SplittableRandom random, List<String> tokens, int nested, int depth) {
    if (nested > 0) {
      tokens.add("[");
      value(random, tokens, nested - 1, depth);
      tokens.add("]");
    } else if (depth == 0) {
      tokens.add(pick(random, new String[] {"0", "-12", "1.5e3", "true", "false", "null", "\"x\"", "\"\\n\"", "[]", "{}"}));
    } else {
      boolean object = random.nextBoolean();
      tokens.add(object ? "{" : "[");
      int count = random.nextInt(4);
      for (int i = 0; i < count; i++) {
        if (i > 0) tokens.add(",");
        if (object) Collections.addAll(tokens, "\"k" + i + "\"", ":");
        value(random, tokens, 0, random.nextInt(depth));
      }
      tokens.add(object ? "}" : "]");
    }
  }

  static byte[] index(SplittableRandom random) {
    List<String> members = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      String name = random.nextInt(8) == 0 ? pick(random, NAMES) : "t" + i;
      String shard = random.nextInt(12) == 0
          ? pick(random, NUMBERS)
          : "\"" + SHARDS[random.nextInt(random.nextInt(3) == 0
              ? SHARDS.length
              : 3)] + "\"";
      members.add("\"" + name + "\":" + shard);
    }
    if (random.nextInt(12) == 0 && !members.isEmpty()) members.add(members.getFirst());
    String map = random.nextInt(20) == 0 ? pick(random, NUMBERS) : "{" + String.join(",", members) + "}";
    List<String> top = new ArrayList<>(List.of("\"weight_map\":" + map));
    if (random.nextInt(20) == 0) top.clear();
    if (random.nextBoolean()) top.add("\"metadata\":" + (random.nextInt(8) == 0 ? pick(random, NUMBERS) : "{\"total_size\":12}"));
    if (random.nextInt(20) == 0) top.add("\"more\":" + pick(random, NUMBERS));
    return Fixtures.latin("{" + String.join(",", top) + "}");
  }

  private static String pick(SplittableRandom random, String[] table) { return table[random.nextInt(table.length)]; }

  private static void shuffle(List<Entry> entries, SplittableRandom random) {
    for (int i = entries.size() - 1; i > 0; i--) Collections.swap(entries, i, random.nextInt(i + 1));
  }
}
