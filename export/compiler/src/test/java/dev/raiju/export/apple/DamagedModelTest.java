package dev.raiju.export.apple;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.compiler.WeightTypes;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever the files of a model say, the core of a package says one line and goes on.
class DamagedModelTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));

  @TempDir
  private static Path folder;
  private static Path whole;
  private static NativeCore core;
  private static int copies;

  @BeforeAll
  static void compileThePackage() throws IOException {
    ModelFolder model = ModelFolder.open(ROOT.resolve("models/pretrained/shapes"));
    Path place = folder.resolve("shapes");
    ApplePackage.of(model, WeightTypes.INT4, Prompt.of("any").size(32, 32).frames(5), Device.best()).write(place,
        ApplePackage.Platform.MACOS,
        Optional
            .empty());
    whole = place.resolve("Sources/RaijuVideo/Model");
    core = NativeCore.compile(place.resolve("Sources/RaijuCore"), Files.createDirectory(folder.resolve("native")));
  }

  /// The model with another text in one file; the others are only linked to.
  private static Path with(String file, byte[] content) throws IOException {
    Path copy = Files.createDirectory(folder.resolve("copy" + copies++));
    try (Stream<Path> files = Files.list(whole)) {
      for (Path from : files.toList()) {
        if (!from.getFileName().toString().equals(file)) Files.createSymbolicLink(copy.resolve(from.getFileName()), from);
      }
    }
    Files.write(copy.resolve(file), content);
    return copy;
  }

  private static String refusal(Path model) throws IOException {
    List<String> said = core.play(model, "open");
    assertEquals(1, said.size(), said::toString);
    assertTrue(said.getFirst().startsWith("refused: "), said::toString);
    return said.getFirst().substring("refused: ".length());
  }

  private static String refusal(String file, UnaryOperator<String> change) throws IOException {
    String text = Files.readString(whole.resolve(file));
    String other = change.apply(text);
    assertTrue(!other.equals(text), "nothing was changed");
    return refusal(with(file, other.getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertRefused(String pattern, String file, String found, String other) throws IOException {
    String said = refusal(file, text -> text.replaceFirst(found, other));
    assertTrue(said.matches(pattern), said);
  }

  @Test
  void refusesWeightsThatAreNotThere() throws IOException {
    long bytes = Files.size(whole.resolve("weights.bin"));
    Path copy = with("weights.bin", new byte[0]);
    try (RandomAccessFile file = new RandomAccessFile(copy.resolve("weights.bin").toFile(), "rw")) {
      file.setLength(bytes - 16384);
    }
    assertEquals("weights.bin: " + (bytes - 16384) + " bytes; needs " + bytes, refusal(copy));
    assertRefused("plan.json: weight .*: \\d+ bytes at 8 of .*; needs a multiple of 256 inside", "plan.json",
        "(\"tensors\":\\[\\{[^}]*\"offset\":)0", "$18");
    assertRefused("plan.json: weight .*: \\d+ bytes at 9007199254740992 of .*", "plan.json",
        "(\"tensors\":\\[\\{[^}]*\"offset\":)0",
        "$19007199254740992");
    assertRefused("plan.json: weight .* overlaps .*", "plan.json", "(\"tensors\":\\[\\{[^}]*\\},\\{[^}]*\"offset\":)\\d+", "$10");
  }

  @Test
  void refusesTextThatIsNoJson() throws IOException {
    assertTrue(refusal("plan.json", text -> text.substring(0, text.length() / 2)).startsWith("plan.json: at byte "));
    assertTrue(refusal("launches.json", _ -> "[".repeat(100_000)).endsWith("nested too deeply"));
    assertEquals("plan.json: at byte 0: no value", refusal("plan.json", _ -> ""));
    assertRefused("plan.json: version: 2; needs a whole number from 1 to 1", "plan.json", "\"version\":1", "\"version\":2");
    assertRefused("launches.json: format: other; needs raiju-launches", "launches.json", "raiju-launches", "other");
  }

  private static Json reversed(Json json) {
    return switch (json) {
      case Json.Obj object -> {
        Json.Obj other = object;
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
          boolean isList = member.getKey().equals("nodes") && member.getValue() instanceof Json.Arr;
          other = other.with(member.getKey(), isList
              ? new Json.Arr(((Json.Arr) member.getValue()).items().reversed())
              : reversed(member
                  .getValue()));
        }
        yield other;
      }
      default -> json;
    };
  }

  /// In either order, one of two operations that wait for each other reads what is not there.
  @Test
  void refusesOperationsThatReadWhatComesLater() throws IOException {
    Path copy = with("plan.json", reversed(Json.read(whole.resolve("plan.json"))).compact().getBytes(
        StandardCharsets.UTF_8));
    Files.delete(copy.resolve("launches.json"));
    Files.writeString(copy.resolve("launches.json"), reversed(Json.read(whole.resolve("launches.json")))
        .compact());
    assertTrue(refusal(copy).matches("plan text: operation 0: reads what nothing wrote before, value \\d+"));
  }

  @Test
  void refusesPlacesThatDoNotHold() throws IOException {
    assertRefused("plan text: value \\d+: \\d+ bytes at \\d+ of 64; needs a multiple of 64 inside", "plan.json",
        "\"memory\":\\d+",
        "\"memory\":64");
    String said = refusal("plan.json", text -> text.replaceAll("(\"bytes\":\\d+),\"offset\":\\d+", "$1,\"offset\":0"));
    assertTrue(said.matches("plan text: values \\d+ and \\d+ are needed at the same time and overlap"), said);
  }

  @Test
  void refusesLaunchesThatLeadElsewhere() throws IOException {
    assertRefused("plan text: operation 0: a launch leads out of, value \\d+", "launches.json",
        "(\"addresses\":\\[\\d+,\\d+,)0", "$1999999999999");
    assertRefused("plan text: operation 0: a launch leads to what it does not name, value 0", "launches.json",
        "(\"addresses\":\\[\\d+,)\\d+", "$10");
    assertRefused("launch: an address at 4096 of \\d+ bytes", "launches.json", "(\"addresses\":\\[)\\d+", "$14096");
    assertRefused("launch: arguments: no hexadecimal digits", "launches.json", "\"arguments\":\"..", "\"arguments\":\"zz");
    assertRefused("launch: threads: .*; needs a whole number from 1 to 1024", "launches.json", "\"threads\":256",
        "\"threads\":100000");
  }

  @Test
  void refusesKernelsThatItDoesNotKnow() throws IOException {
    assertRefused("metal: no kernel rope_f33 in rope", "launches.json", "\"rope_f32\"", "\"rope_f33\"");
    assertRefused("metal: \\.\\./rope is no file of kernels", "launches.json", "\"file\":\"rope\"", "\"file\":\"../rope\"");
    assertRefused("strange.msl: cannot be opened: .*", "launches.json", "\"file\":\"rope\"", "\"file\":\"strange\"");
  }

  @Test
  void refusesATokenizerThatIsNone() throws IOException {
    byte[] bytes = Files.readAllBytes(whole.resolve("tokenizer.model"));
    String said = refusal(with("tokenizer.model", Arrays.copyOf(bytes, bytes.length / 2 + 1)));
    assertTrue(said.startsWith("tokenizer.model: "), said);
    assertTrue(refusal("launches.json", text -> text.replaceFirst("\"below\":\\d+", "\"below\":5")).matches(
        "tokenizer.model: \\d+ pieces; the model knows 5"));
  }

  /// Damage anywhere: one line, whatever it says, and nothing that the address sanitizer sees.
  @Test
  void survivesAnyDamage() throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 24; i++) {
      String file = List.of("plan.json", "launches.json", "tokenizer.model").get(i % 3);
      byte[] bytes = Files.readAllBytes(whole.resolve(file));
      for (int k = 0; k < 1 + i / 3; k++)
        bytes[random.nextInt(bytes.length)] = (byte) (i % 2 == 0
            ? random.nextInt(256)
            : '0' + random
                .nextInt(10));
      List<String> said = core.play(with(file, bytes), "absent");
      assertEquals(1, said.size(), said::toString);
    }
  }
}
