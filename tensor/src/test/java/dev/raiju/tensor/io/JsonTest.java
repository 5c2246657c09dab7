package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  private static Json parse(String text) throws ModelFormatException { return Json.parse("text", text); }

  @Test
  void readsEveryKindOfValue() throws Exception {
    Json value = parse(" {\"a\": [1, -2.5e3, true, false, null], \"b\" : {\"\": \"x\"}, \"c\":[] ,\"d\":{}}\r\n\t");
    assertEquals(Json.object().with("a", Json.array(Json.of(1), Json.of(-2500.0), Json.of(true), Json.of(false), new Json.Null()))
        .with("b", Json.object().with("", "x")).with("c", Json.array()).with("d", Json.object()), value);
  }

  @Test
  void keepsTheOrderOfMembers() throws Exception {
    Json.Obj value = (Json.Obj) parse("{\"z\":1,\"a\":2,\"m\":3}");
    assertEquals(List.of("z", "a", "m"), List.copyOf(value.members().keySet()));
    assertEquals("{\"z\":1,\"a\":2,\"m\":3}", value.compact());
  }

  @Test
  void wholeNumbersAreExact() throws Exception {
    for (long n : new long[] {0, 1, -1, (1L << 53) + 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertEquals(new Json.Int(n), parse(Long.toString(n)));
    }
    assertEquals(new Json.Int(0), parse("-0"));
  }

  @Test
  void numbersWithFractionOrExponentAreTheNearestDouble() throws Exception {
    for (String text : List.of("0.1", "1e0", "1E+2", "-1.5e-3", "0e5", "5e-324", "1e-400", "1.7976931348623157e308", "0."
        + "3".repeat(1000))) {
      assertEquals(new Json.Real(Double.parseDouble(text)), parse(text));
    }
  }

  @Test
  void decodesEscapesAndCharactersOfEveryLength() throws Exception {
    assertEquals(Json.of("\"\\/\b\f\n\r\tA\u00e9\u4e2d\ud83d\ude00\0"), parse(
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u4E2D\\ud83d\\uDE00\\u0000\""));
    String direct = "\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\ud800\udc00\udbff\udfff";
    assertEquals(Json.of(direct), parse("\"" + direct + "\""));
  }

  @Test
  void saysLineAndColumn() {
    var e = assertThrows(ModelFormatException.class, () -> Json.parse("config.json", "{\n  \"中\": 1,\n  \"中文\": x}"));
    assertEquals("config.json: line 3, column 9: found 'x'; needs a value", e.getMessage());
  }

  @Test
  void readsDepthUpToTheLimit() throws Exception {
    String text = "[".repeat(64) + "]".repeat(64);
    assertEquals(text, parse(text).compact());
  }

  @Test
  void prettyIsForPeople() {
    Json value = Json.object().with("name", "wan").with("sizes", Json.array(Json.of(1), Json.of(2.5))).with("layers", Json.array(
        Json.object().with("bias", true), Json.object())).with("none", Json.array());
    assertEquals("""
        {
          "name": "wan",
          "sizes": [1, 2.5],
          "layers": [
            {
              "bias": true
            },
            {}
          ],
          "none": []
        }
        """, value.pretty());
  }

  @Test
  void refusesToWriteWhatHasNoJson() {
    assertThrows(IllegalArgumentException.class, () -> Json.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Json.of(Double.NEGATIVE_INFINITY));
    for (String text : List.of("\ud800", "a\udc00b", "\udc00\ud800")) {
      assertThrows(IllegalArgumentException.class, () -> Json.of(text).compact());
    }
  }

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    SplittableRandom random = new SplittableRandom(7);
    for (int n = 0; n < 5_000; n++) {
      Json value = random(random, 0);
      assertEquals(value, parse(value.compact()));
      assertEquals(value, parse(value.pretty()));
      assertEquals(value, Json.parse("bytes", value.pretty().getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static Json random(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth > 4 ? 5 : 7)) {
      case 0 -> Json.of(random.nextLong() >> random.nextInt(64));
      case 1 -> {
        double value = Double.longBitsToDouble(random.nextLong());
        yield Json.of(Double.isFinite(value) ? value : 0.5);
      }
      case 2 -> Json.of(text(random));
      case 3 -> Json.of(random.nextBoolean());
      case 4 -> new Json.Null();
      case 5 -> {
        List<Json> items = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) items.add(random(random, depth + 1));
        yield new Json.Arr(items);
      }
      default -> {
        Json.Obj object = Json.object();
        for (int i = random.nextInt(5); i > 0; i--) object = object.with(text(random), random(random, depth + 1));
        yield object;
      }
    };
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int code = random.nextInt(3) == 0
          ? random.nextInt(0x20)
          : random.nextInt(Character.MAX_CODE_POINT + 1) >> random.nextInt(20);
      text.appendCodePoint(code >= 0xd800 && code < 0xe000 ? '"' : code);
    }
    return text.toString();
  }

  /// Small values take far more memory than text; whatever they are, they are refused before that is out of proportion.
  @Test
  void memoryGrowsWithTheLength() throws Exception {
    for (String value : List.of("0", "1.5", "{}", "[]", "\"\"", "{\"\":0}", "[0]", "{\"a\":{\"b\":{}}}", "[[[[[[]]]]]]")) {
      byte[] text = largestAccepted(value).getBytes(StandardCharsets.UTF_8);
      long allocated = Resources.allocatedBytes();
      long held = Resources.heldBytes();
      Json read = Json.parse("text", text);
      held = Resources.heldBytes() - held;
      allocated = Resources.allocatedBytes() - allocated;
      long bound = Resources.FREE_BYTES + 4L * text.length;
      assertTrue(held < bound && allocated < 4 * bound, text.length + " bytes of " + value + " hold " + held + " of "
          + allocated);
      assertTrue(read instanceof Json.Arr(List<Json> items) && items.size() > 20_000);
    }
  }

  private static String largestAccepted(String value) throws Exception {
    int count = 20_000;
    while (isAccepted(array(value, count + count / 2))) count += count / 2;
    return array(value, count);
  }

  private static String array(String value, int count) { return "[" + value + ("," + value).repeat(count) + "]"; }

  private static boolean isAccepted(String text) throws Exception {
    try {
      Json.parse("text", text);
      return true;
    } catch (ModelFormatException e) {
      assertEquals(Reason.JSON_TOO_MANY_VALUES, e.reason());
      return false;
    }
  }

  @Test
  void timeGrowsWithTheLength() throws Exception {
    seconds(50_000);
    double small = seconds(5_000);
    double large = seconds(50_000);
    // quadratic would be 100; memory caches make 20 of a true 10
    assertTrue(large < 40 * small, large + " s against " + small + " s for a tenth");
  }

  private static double seconds(int members) throws Exception {
    StringBuilder text = new StringBuilder("{\"a\":0");
    for (int i = 0; i < members; i++) text.append(",\"").append(i).append("\":\"x\"");
    byte[] bytes = text.append('}').toString().getBytes(StandardCharsets.UTF_8);
    double best = Double.MAX_VALUE;
    for (int run = 0; run < 5; run++) {
      long start = Resources.cpuNanos();
      Fields fields = Fields.of("text", Json.parse("text", bytes));
      for (String name : fields.names()) fields.has(name);
      for (int i = 0; i < members; i++) fields.string(Integer.toString(i));
      fields.refuseUnknown();
      best = Math.min(best, (Resources.cpuNanos() - start) * 1e-9);
    }
    return best;
  }

  @Test
  void readsFiles(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("x.json"), "{\"a\":[1]}");
    assertEquals(Map.of("a", Json.array(Json.of(1))), ((Json.Obj) Json.read(file)).members());
  }
}
