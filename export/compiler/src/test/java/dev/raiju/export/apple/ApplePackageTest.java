package dev.raiju.export.apple;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.apple.ApplePackage.Platform;
import dev.raiju.export.compiler.ShapesOnly;
import dev.raiju.export.compiler.WeightTypes;
import dev.raiju.export.runtime.Bundle;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.verify.PixelDifference;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The package of the shipped model, compiled from its own folder and run on the stand-in for Metal, gives the clip that Java gives.
class ApplePackageTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  private static final Device CPU = Device.best();
  private static final Prompt PROMPT = Prompt.of("a red circle moves right").seed(7).size(32, 32).frames(5);
  private static final long MIB = 1 << 20;

  @TempDir
  private static Path folder;
  private static Path made;
  private static NativeCore core;

  @BeforeAll
  static void compileThePackage() throws IOException {
    made = written("shapes", WeightTypes.F16);
    core = NativeCore.compile(made.resolve("Sources/RaijuCore"), Files.createDirectory(folder.resolve("native")));
  }

  private static Path written(String name, WeightTypes types) throws IOException {
    Path place = folder.resolve(name);
    ApplePackage whole = ApplePackage.of(ModelFolder.open(ROOT.resolve("models/pretrained/shapes")), types, PROMPT, CPU);
    whole.write(place, Platform.IOS, Optional.of(whole.golden(PROMPT)));
    return place;
  }

  private static Path model(Path place) { return place.resolve("Sources/RaijuVideo/Model"); }

  private static byte[] golden(Path place) throws IOException {
    return Files.readAllBytes(place.resolve("Tests/RaijuVideoTests/Golden/golden.rgb"));
  }

  private static List<String> clip(Path model, Path frames) throws IOException {
    return core.play(model, "clip", PROMPT.text(), PROMPT.seed(), frames);
  }

  private static void assertAlike(String what, byte[] wanted, byte[] given) {
    PixelDifference difference = PixelDifference.of(wanted, given);
    System.out.printf(Locale.ROOT, "apple: %s beside Java's: %s%n", what, difference);
    assertTrue(difference.isRounding(), difference::toString);
  }

  @Test
  void givesTheClipOfTheModel() throws IOException {
    Path frames = folder.resolve("frames.rgb");
    List<String> said = clip(model(made), frames);
    assertTrue(said.getFirst().matches("5 frames of 32 x 32 at 8, \\d{8} bytes of weights, .+"), said::toString);
    assertEquals(List.of("part 1 of 7", "part 2 of 7", "part 3 of 7", "part 4 of 7", "part 5 of 7", "part 6 of 7", "part 7 of 7",
        "done"), said.subList(1, said.size()));
    assertAlike("f16", golden(made), Files.readAllBytes(frames));
  }

  @Test
  void givesTheClipOfPackedWeights() throws IOException {
    Path packed = written("packed", WeightTypes.INT4);
    Path frames = folder.resolve("packed.rgb");
    List<String> said = clip(model(packed), frames);
    assertEquals("done", said.getLast());
    assertAlike("int4", golden(packed), Files.readAllBytes(frames));
  }

  /// On a device that gives no buffer as long as the weights of a plan.
  @Test
  void weightsAreMappedInPieces() throws IOException {
    Path frames = folder.resolve("pieces.rgb");
    assertEquals("done", core.play(model(made), "limits", 4 * MIB, 64 * MIB, frames).getLast());
    assertAlike("weights in pieces", golden(made), Files.readAllBytes(frames));
  }

  @Test
  void asksForNoMoreThanTheDeviceHas() throws IOException {
    Path frames = folder.resolve("small.rgb");
    assertTrue(core.play(model(made), "limits", 64 * MIB, 4 * MIB, frames).getLast().matches(
        "failed: metal: plan step: 1\\d{7} bytes; this device keeps 4194304 at once"));
    assertTrue(core.play(model(made), "limits", 64 << 10, 64 * MIB, frames).getLast().matches(
        "failed: metal: (a weight|plan text: a block) of \\d+ bytes; this device gives at most 65536 in one piece"));
    assertEquals(List.of("refused: metal: there is no device"), core.play(model(made), "absent"));
  }

  @Test
  void stopsBetweenParts() throws IOException {
    List<String> said = core.play(model(made), "clip", PROMPT.text(), 7, folder.resolve("stopped.rgb"), 2);
    assertEquals(List.of("part 1 of 7", "part 2 of 7", "cancelled"), said.subList(1, said.size()));
  }

  @Test
  void isRightWithAutomaticReferenceCounting() throws IOException {
    NativeCore.checkAutomatic(made.resolve("Sources/RaijuCore"));
  }

  private static String character(String escaped) {
    return Pattern.compile("\\\\\\{([0-9a-f]+)\\}").matcher(escaped).replaceAll(match -> Matcher.quoteReplacement(
        Character.toString(Integer.parseInt(match.group(1), 16))));
  }

  /// Ids that SentencePiece gave, of texts that are cleaned already.
  @Test
  void tokensAreThoseOfSentencePiece() throws IOException {
    Path goldens = ROOT.resolve("models/src/test/resources/dev/raiju/models/text");
    Path place = Files.createDirectory(folder.resolve("tokenizer"));
    Files.copy(goldens.resolve("tokenizer_tiny.model"), place.resolve("tokenizer.model"));
    List<String[]> rows = Files.readString(goldens.resolve("tokenizer_tiny.tsv")).lines().map(line -> line.split("\t", -1))
        .toList();
    String texts = rows.stream().map(row -> character(row[1])).collect(Collectors.joining("\n", "", "\n"));
    List<String> given = core.playGiven(texts, place, "ids", 32);
    List<String> wanted = rows.stream().map(row -> Arrays.stream(row[5].split(" ")).limit(Long.parseLong(row[6])).collect(
        Collectors
            .joining(" "))).toList();
    assertTrue(rows.size() > 10, () -> rows.size() + " goldens");
    assertEquals(wanted, given);
  }

  @Test
  void hasABundleInside() throws IOException {
    try (Bundle bundle = Bundle.open(model(made))) {
      assertEquals(5, bundle.run().frames());
    }
  }

  /// The sizes of the pruned model that phones are for: every operation has launches, and a step is committed in more than one part.
  @Test
  void everyOperationOfTheLargeModelIsLaunched() throws IOException {
    ApplePackage large = ApplePackage.of(ShapesOnly.lightning(DType.Q4_G64_F16), WeightTypes.F16, Prompt.of("any"), CPU);
    Json.Obj plans = (Json.Obj) large.launches().json().members().get("plans");
    int launches = 0;
    int parts = 0;
    for (String plan : List.of("text", "step", "decode")) {
      for (Json node : ((Json.Arr) ((Json.Obj) plans.members().get(plan)).members().get("nodes")).items()) {
        launches += ((Json.Arr) ((Json.Obj) node).members().get("launches")).items().size();
        if (plan.equals("step") && ((Json.Obj) node).members().containsKey("ends")) parts++;
      }
    }
    System.out.printf(Locale.ROOT, "apple: 0.9B: %d launches, a step in %d parts, %.2f GiB beside the weights%n", launches, parts
        + 1,
        large.memoryBytes() / (double) (1L << 30));
    assertTrue(launches > 1000 && parts > 3, launches + " launches, " + parts + " parts");
    assertTrue(large.memoryBytes() < 3L << 30, () -> large.memoryBytes() + " bytes beside the weights");
  }

  @Test
  void leavesWhatIsThere() {
    var e = assertThrows(FileAlreadyExistsException.class, () -> written("shapes", WeightTypes.F16));
    assertEquals(made + ": is there already", e.getMessage());
  }

  @Test
  void saysWhatItNeeds() throws IOException {
    String page = Files.readString(made.resolve("README.md"));
    assertTrue(page.contains("5 frames of 32 x 32 at 8 frames a second, in 4 steps"), page);
    long bytes = Files.size(model(made).resolve("weights.bin"));
    String size = String.format(Locale.ROOT, "%.1f MiB of weights", bytes / (double) (1 << 20));
    assertTrue(page.contains(size), () -> size + ": " + page);
    List<String> missing = new ArrayList<>();
    for (String file : List.of("Package.swift", "Sources/RaijuVideo/VideoModel.swift", "Sources/RaijuVideo/SampleView.swift",
        "Tests/RaijuVideoTests/GoldenTests.swift", "Sources/RaijuCore/include/RaijuCore.h"))
      if (!Files.exists(made.resolve(file))) missing.add(file);
    assertEquals(List.of(), missing);
  }
}
