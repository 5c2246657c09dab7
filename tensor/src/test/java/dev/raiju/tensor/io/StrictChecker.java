package dev.raiju.tensor.io;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A second reader of the formats, written from their descriptions in another way than the engine's: whole text first, regular
/// expressions for tokens, arithmetic without bounds. It shares only the records of [Json] with the code that it judges.
final class StrictChecker {
  /// What the formats or our limits do not allow.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String why) { super(why, null, false, false); }
  }

  private static final Pattern ESCAPE = Pattern.compile("\\\\(u(....)|.)");
  private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9][0-9]*+)((?:\\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)");
  private static final Pattern STRING = Pattern.compile(
      "\"([^\"\\\\\\x00-\\x1f]*+(?:\\\\(?:[\"\\\\/bfnrt]|u[0-9a-fA-F]{4})[^\"\\\\\\x00-\\x1f]*+)*+)\"");
  private static final Map<String, Integer> TYPE_BYTES = Map.ofEntries(Map.entry("BOOL", 1), Map.entry("U8", 1), Map.entry("I8",
      1), Map.entry("F8_E5M2", 1), Map.entry("F8_E4M3", 1), Map.entry("I16", 2), Map.entry("U16", 2), Map.entry("F16", 2), Map
          .entry("BF16", 2), Map.entry("I32", 4), Map.entry("U32", 4), Map.entry("F32", 4), Map.entry("F64", 8), Map.entry("I64",
              8), Map.entry("U64", 8));

  private final String text;
  private final Matcher matcher;
  private int at;

  private StrictChecker(String text) {
    this.text = text;
    this.matcher = NUMBER.matcher(text);
  }

  static Json json(byte[] utf8) throws Refused {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      StrictChecker checker = new StrictChecker(text);
      Json value = checker.value(0);
      checker.require(checker.at == text.length(), "more after the value");
      return value;
    } catch (CharacterCodingException e) {
      throw new Refused("not UTF-8");
    }
  }

  private void require(boolean holds, String why) throws Refused {
    if (!holds) throw new Refused(why + " at " + at);
  }

  private boolean take(Pattern pattern) {
    matcher.usePattern(pattern).region(at, text.length());
    if (!matcher.lookingAt()) return false;
    at = matcher.end();
    return true;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private boolean take(String word) {
    space();
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private Json value(int depth) throws Refused {
    space();
    Json value = plain();
    if (value == null) {
      require(depth < 64, "too deep");
      value = take("[") ? array(depth) : object(depth);
    }
    space();
    return value;
  }

  @Nullable
  private Json plain() throws Refused {
    if (take("null")) return new Json.Null();
    if (take("true")) return Json.of(true);
    if (take("false")) return Json.of(false);
    if (take(STRING)) return Json.of(unescaped(matcher.group(1)));
    if (!take(NUMBER)) return null;
    String number = matcher.group();
    if (matcher.group(1).isEmpty()) {
      require(number.length() < 30 && new BigInteger(number).bitLength() < 64, "beyond 64 bits");
      return Json.of(new BigInteger(number).longValue());
    }
    double value = Double.parseDouble(number);
    require(Double.isFinite(value), "beyond a double");
    return Json.of(value);
  }

  private Json array(int depth) throws Refused {
    List<Json> items = new ArrayList<>();
    if (take("]")) return new Json.Arr(items);
    do
      items.add(value(depth + 1));
    while (take(","));
    require(take("]"), "no ]");
    return new Json.Arr(items);
  }

  private Json object(int depth) throws Refused {
    require(take("{"), "no value");
    Map<String, Json> members = new LinkedHashMap<>();
    if (take("}")) return new Json.Obj(members);
    do {
      space();
      require(take(STRING), "no key");
      String key = unescaped(matcher.group(1));
      require(!members.containsKey(key), "key twice");
      require(take(":"), "no :");
      members.put(key, value(depth + 1));
    } while (take(","));
    require(take("}"), "no }");
    return new Json.Obj(members);
  }

  private String unescaped(String raw) throws Refused {
    if (raw.indexOf('\\') < 0) return raw;
    String plain = ESCAPE.matcher(raw).replaceAll(found -> Matcher.quoteReplacement(found.group(
        2) != null ? String.valueOf((char) Integer.parseInt(found.group(2), 16)) : switch (found.group(1)) {
          case "b" -> "\b";
          case "f" -> "\f";
          case "n" -> "\n";
          case "r" -> "\r";
          case "t" -> "\t";
          default -> found.group(1);
        }));
    require(StandardCharsets.UTF_8.newEncoder().canEncode(plain), "half a pair");
    return plain;
  }

  /// One line for the metadata, and one for each tensor in the order of the data.
  static List<String> safetensors(byte[] file) throws Refused {
    if (file.length < 8) throw new Refused("too short");
    BigInteger length = new BigInteger(Long.toUnsignedString(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong()));
    if (length.compareTo(BigInteger.valueOf(Math.min(100_000_000, file.length - 8))) > 0) throw new Refused("header length");
    byte[] header = Arrays.copyOfRange(file, 8, 8 + length.intValueExact());
    if (header.length == 0 || header[0] != '{') throw new Refused("header begins otherwise");
    Map<String, Json> members = members(json(header));
    List<Stored> tensors = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    lines.add(members.containsKey("__metadata__")
        ? texts(members.getOrDefault("__metadata__", new Json.Null())).toString()
        : "{}");
    for (var member : members.entrySet()) {
      if (member.getKey().equals("__metadata__")) continue;
      tensors.add(stored(member.getKey(), member.getValue()));
    }
    if (tensors.size() > 100_000) throw new Refused("too many");
    tensors.sort(Comparator.comparing(Stored::begin).thenComparing(Stored::end).thenComparing(Stored::name));
    BigInteger end = BigInteger.ZERO;
    for (Stored tensor : tensors) {
      if (!tensor.begin.equals(end)) throw new Refused("hole or overlap");
      end = tensor.end;
      lines.add(tensor.toString());
    }
    if (!end.equals(BigInteger.valueOf(file.length - 8L - header.length))) throw new Refused("data of another length");
    return lines;
  }

  /// The same lines from what the engine read.
  static List<String> lines(SafeTensorsHeader header) {
    List<String> lines = new ArrayList<>(List.of(header.metadata().toString()));
    header.entries().forEach((name, entry) -> lines.add(new Stored(name, entry.spec().dtype().name(), Arrays.toString(entry.spec()
        .shape().sizes()), BigInteger.valueOf(entry.begin()), BigInteger.valueOf(entry.end())).toString()));
    return lines;
  }

  private record Stored(String name, String dtype, String shape, BigInteger begin, BigInteger end) {}

  private static Stored stored(String name, Json value) throws Refused {
    if (name.getBytes(StandardCharsets.UTF_8).length > 4096) throw new Refused("name");
    Map<String, Json> fields = members(value);
    if (!fields.keySet().equals(Set.of("dtype", "shape", "data_offsets"))) throw new Refused("fields");
    if (!(fields.get("dtype") instanceof Json.Str(String dtype)) || !TYPE_BYTES.containsKey(dtype)) throw new Refused("dtype");
    List<BigInteger> shape = wholes(fields.get("shape"));
    List<BigInteger> offsets = wholes(fields.get("data_offsets"));
    if (shape.size() > 8 || offsets.size() != 2) throw new Refused("counts");
    BigInteger strides = BigInteger.valueOf(TYPE_BYTES.get(dtype));
    BigInteger bytes = strides;
    for (BigInteger size : shape) {
      strides = strides.multiply(size.max(BigInteger.ONE));
      bytes = bytes.multiply(size);
    }
    if (strides.bitLength() > 63) throw new Refused("too large");
    if (!offsets.get(1).subtract(offsets.get(0)).equals(bytes)) throw new Refused("size");
    return new Stored(name, dtype, shape.toString(), offsets.get(0), offsets.get(1));
  }

  /// Names and shards of an index.
  static Map<String, String> index(byte[] file) throws Refused {
    Map<String, Json> members = members(json(file));
    Json metadata = members.get("metadata");
    if (metadata != null && !(metadata instanceof Json.Null) && !(metadata instanceof Json.Obj)) throw new Refused("metadata");
    Map<String, String> map = texts(members.getOrDefault("weight_map", new Json.Null()));
    for (var entry : map.entrySet()) {
      if (entry.getKey().getBytes(StandardCharsets.UTF_8).length > 4096) throw new Refused("name");
      if (!isPlain(entry.getValue())) throw new Refused("shard");
    }
    return map;
  }

  private static boolean isPlain(String file) {
    for (int i = 0; i < file.length(); i++) {
      char c = file.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
      if (!letter && (i == 0 || ".+@=-".indexOf(c) < 0)) return false;
    }
    String stem = file.toLowerCase(Locale.ROOT).split("\\.", 2)[0];
    boolean device = List.of("con", "prn", "aux", "nul").contains(stem) || stem.length() == 4 && (stem.startsWith("com") || stem
        .startsWith("lpt")) && Character.isDigit(stem.charAt(3));
    return !file.isEmpty() && file.length() <= 251 && !file.endsWith(".") && !device;
  }

  private static Map<String, Json> members(Json value) throws Refused {
    if (value instanceof Json.Obj(Map<String, Json> members)) return members;
    throw new Refused("not an object");
  }

  private static Map<String, String> texts(Json value) throws Refused {
    Map<String, String> all = new LinkedHashMap<>();
    for (var member : members(value).entrySet()) {
      if (!(member.getValue() instanceof Json.Str(String text))) throw new Refused("not a string");
      all.put(member.getKey(), text);
    }
    return all;
  }

  private static List<BigInteger> wholes(@Nullable Json value) throws Refused {
    if (!(value instanceof Json.Arr(List<Json> items))) throw new Refused("not an array");
    List<BigInteger> all = new ArrayList<>();
    for (Json item : items) {
      if (!(item instanceof Json.Int(long number)) || number < 0) throw new Refused("not a size");
      all.add(BigInteger.valueOf(number));
    }
    return all;
  }
}
