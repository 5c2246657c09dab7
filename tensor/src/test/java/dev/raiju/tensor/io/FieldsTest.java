package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class FieldsTest {
  private static Fields fields(String json) throws ModelFormatException {
    return Fields.of("config.json", Json.parse("config.json", json.replace('\'', '"')));
  }

  private static void refuses(String message, Executable read) {
    assertEquals(message, assertThrows(ModelFormatException.class, read).getMessage());
  }

  @Test
  void readsMembersByNameAndType() throws Exception {
    Fields config = fields(
        "{'name':'wan','heads':12,'eps':1e-6,'whole':2,'bias':true,'patch':[1,2,2],'mean':[0.5,1],'keys':['a','b'],'none':null}");
    assertEquals("wan", config.string("name"));
    assertEquals(12, config.integer("heads"));
    assertEquals(12, config.integer("heads", 1, 12));
    assertEquals(1e-6, config.number("eps"));
    assertEquals(2.0, config.number("whole"));
    assertTrue(config.flag("bias"));
    assertArrayEquals(new long[] {1, 2, 2}, config.integers("patch"));
    assertArrayEquals(new double[] {0.5, 1}, config.numbers("mean"));
    assertEquals(List.of("a", "b"), config.strings("keys"));
    assertFalse(config.has("none"));
    assertFalse(config.has("absent"));
    config.refuseUnknown();
  }

  @Test
  void fallbacksStandInForWhatIsNotThere() throws Exception {
    Fields config = fields("{'null':null,'there':3}");
    for (String name : List.of("null", "absent")) {
      assertEquals("x", config.string(name, "x"));
      assertEquals(7, config.integer(name, 7L));
      assertEquals(0.5, config.number(name, 0.5));
      assertTrue(config.flag(name, true));
      assertEquals(Optional.empty(), config.optionalObject(name));
    }
    assertEquals(3, config.integer("there", 7L));
    refuses("config.json: there: found a whole number; needs a string", () -> config.string("there", "x"));
  }

  @Test
  void messagesGiveThePathOfTheMember() throws Exception {
    Fields config = fields("{'vae':{'blocks':[{'dim':8},{'dim':'9'}]}}");
    List<Fields> blocks = config.object("vae").objects("blocks");
    assertEquals(8, blocks.get(0).integer("dim"));
    refuses("config.json: vae.blocks[1].dim: found a string; needs a whole number", () -> blocks.get(1).integer("dim"));
    refuses("config.json: vae.blocks[1].kernel: missing", () -> blocks.get(1).integer("kernel"));
    refuses("config.json: vae.blocks[0].dim: 8 % 3 is not 0", () -> { throw blocks.get(0).refuse("dim", "8 % 3 is not 0"); });
  }

  @Test
  void suggestsTheNearestName() throws Exception {
    Fields config = fields("{'num_haeds':12,'dim':1536,'extra':0}");
    assertEquals(1536, config.integer("dim"));
    refuses("config.json: num_heads: missing; did you mean num_haeds?", () -> config.integer("num_heads"));
    refuses("config.json: num_haeds: unknown; did you mean num_heads?", config::refuseUnknown);
    config.ignore("num_haeds");
    refuses("config.json: extra: unknown", config::refuseUnknown);
    config.ignore("extra", "more");
    config.refuseUnknown();
  }

  @Test
  void messagesStayOnOneShortLine() throws Exception {
    Fields config = fields("{'a\\nb" + "c".repeat(5000) + "':1}");
    String message = assertThrows(ModelFormatException.class, config::refuseUnknown).getMessage();
    assertEquals("config.json: a\ufffdb" + "c".repeat(97) + "… (5003 characters): unknown", message);
  }
}
