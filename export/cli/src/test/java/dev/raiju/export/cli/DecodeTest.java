package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Clips that are made stage by stage, with their latents saved in between.
class DecodeTest {
  private static final String PROMPT = "a red circle moves right";

  @TempDir
  private static Path models;
  private static Path model;
  private static Path other;

  @TempDir
  private Path folder;

  @BeforeAll
  static void writeModels() throws IOException {
    model = TinyModel.write(models.resolve("guided"), TinyModel.GUIDED);
    other = TinyModel.write(models.resolve("few"), TinyModel.FEW_STEP);
  }

  private Path place(String name) { return folder.resolve(name); }

  private List<String> written() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static Outcome generate(Object... more) {
    List<Object> words = new ArrayList<>(List.of("generate", PROMPT, "--model", model, "--seed", 3));
    words.addAll(List.of(more));
    Outcome outcome = Shell.raiju(words.toArray());
    assertEquals(0, outcome.status(), outcome::err);
    return outcome;
  }

  private static Process raiju(Path log, Object... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
    String modules = System.getProperty("jdk.module.path", "");
    if (modules.isEmpty()) {
      command.addAll(List.of("--add-modules=jdk.incubator.vector", "-cp", System.getProperty("java.class.path"), Raiju.class
          .getName()));
    } else {
      command.addAll(List.of("--module-path", modules, "--add-modules", "ALL-MODULE-PATH", "--module",
          "dev.raiju.export.cli/dev.raiju.export.cli.Raiju"));
    }
    Stream.of(words).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  @Test
  void aProcessThatIsKilledWhileItDecodesLeavesItsLatents() throws Exception {
    Object[] options = {"--length", 401, "--steps", 1, "--memory", "1G"};
    Path clip = place("clip.gif");
    Path latents = place("clip.latents.safetensors");
    Path log = models.resolve("log");
    Process process = raiju(log, "generate", PROMPT, "--model", model, "--seed", 3, "--out", clip, options[0], options[1],
        options[2], options[3], options[4], options[5]);
    while (!Files.exists(latents) && process.isAlive()) process.waitFor(2, TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    assertTrue(Files.exists(latents), () -> "it ended by itself and said: " + text(log));
    assertFalse(Files.exists(clip));
    // the same command does not begin anew in silence
    Outcome again = Shell.raiju("generate", PROMPT, "--model", model, "--seed", 3, "--out", clip, "--memory", "1G");
    assertEquals(1, again.status());
    assertEquals(List.of("raiju: " + latents
        + ": is there from a run that did not end; raiju decode goes on from there, or remove it"), again.notes());
    Outcome decoded = Shell.raiju("decode", latents);
    assertEquals(0, decoded.status(), decoded::err);
    assertEquals(List.of("clip.gif", "clip.json", "clip.latents.safetensors"), written());

    Path whole = Files.createDirectory(place("whole")).resolve("clip.gif");
    generate(options[0], options[1], options[2], options[3], "--out", whole);
    assertArrayEquals(Files.readAllBytes(whole), Files.readAllBytes(clip));
    assertEquals(Sidecar.read(whole.resolveSibling("clip.json")).pixels(), Sidecar.read(place("clip.json")).pixels());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void stagesGiveTheSameFilesAndLeaveNothingElse() throws IOException {
    long live = HostMemory.liveBuffers();
    generate("--out", place("a.mp4"), "--count", 2);
    Outcome staged = generate("--out", place("b.mp4"), "--count", 2, "--memory", "512M");
    assertTrue(staged.err().startsWith("raiju: needs "), staged::err);
    assertTrue(staged.lines().getLast().matches(
        "seconds: load \\S+, text \\S+, denoise \\S+, save \\S+, decode \\S+, write \\S+"), staged::out);
    assertEquals(List.of("a-1.json", "a-1.mp4", "a-2.json", "a-2.mp4", "b-1.json", "b-1.mp4", "b-2.json", "b-2.mp4"), written());
    for (String name : List.of("-1", "-2")) {
      assertArrayEquals(Files.readAllBytes(place("a" + name + ".mp4")), Files.readAllBytes(place("b" + name + ".mp4")));
      assertEquals(Files.readString(place("a" + name + ".json")), Files.readString(place("b" + name + ".json")).replace("b-",
          "a-"));
    }
    assertEquals(live, HostMemory.liveBuffers());
  }

  @Test
  void latentsThatAreNamedAreKeptAndDecodedAnew() throws IOException {
    Path latents = place("kept.safetensors");
    generate("--out", place("a.gif"), "--latents", latents);
    assertEquals(List.of("a.gif", "a.json", "kept.safetensors"), written());
    Outcome there = Shell.raiju("decode", latents);
    assertEquals("raiju: decode: " + place("a.gif") + ": is there already; name it with --out to replace it", there.err()
        .strip());
    assertEquals(0, Shell.raiju("decode", latents, "--out", place("b.gif"), "--memory", "512M").status());
    assertArrayEquals(Files.readAllBytes(place("a.gif")), Files.readAllBytes(place("b.gif")));
    assertEquals(0, Shell.raiju("decode", latents, "--frames", place("frames")).status());
    assertEquals(latents + ": safetensors, 1 tensor", Shell.raiju("inspect", latents).lines().getFirst().replaceAll(
        ", \\d+ values.*", ""));
  }

  @Test
  void aFailureWhileDecodingSaysWhereItGoesOn() throws Exception {
    // the folder of the frames is made by somebody else while they are computed
    Path frames = place("frames");
    Path latents = place("frames.latents.safetensors");
    AtomicReference<Outcome> ended = new AtomicReference<>();
    Thread work = Thread.ofPlatform().start(() -> ended.set(Shell.raiju("generate", PROMPT, "--model", model, "--memory", "1G",
        "--length", 401, "--frames", frames)));
    while (!Files.exists(latents) && work.isAlive()) work.join(2);
    Files.writeString(Files.createDirectories(frames).resolve("mine"), "mine");
    work.join();
    Outcome outcome = ended.get();
    assertEquals(1, outcome.status());
    assertTrue(outcome.notes().contains("raiju: saved: " + latents + "; raiju decode goes on from there"), outcome::err);
    assertEquals(0, Shell.raiju("decode", latents, "--frames", place("others")).status());
  }

  @Test
  void anInterruptionWhileDecodingKeepsTheLatents() throws Exception {
    long live = HostMemory.liveBuffers();
    Path latents = place("clip.latents.safetensors");
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Thread work = Thread.ofPlatform().start(() -> outcome.set(Shell.raiju("generate", PROMPT, "--model", model, "--memory", "1G",
        "--length", 401, "--steps", 1, "--out", place("clip.gif"))));
    while (!Files.exists(latents) && work.isAlive()) work.join(2);
    work.interrupt();
    work.join(20_000);
    assertFalse(work.isAlive());
    assertEquals(Raiju.INTERRUPTED, outcome.get().status(), outcome.get()::err);
    assertTrue(outcome.get().notes().contains("raiju: saved: " + latents + "; raiju decode goes on from there"), outcome
        .get()::err);
    assertEquals(List.of("clip.latents.safetensors"), written());
    assertEquals(live, HostMemory.liveBuffers());
    assertEquals(0, Shell.raiju("decode", latents).status());
  }

  @Test
  void replacesNoFileThatHoldsSomethingElse() throws IOException {
    Path weights = model.resolve("vae/model.safetensors");
    byte[] before = Files.readAllBytes(weights);
    Outcome outcome = Shell.raiju("generate", PROMPT, "--model", model, "--out", place("a.gif"), "--latents", weights);
    assertEquals("raiju: --latents: " + weights + " is there and holds no latents of a clip; choose another name", outcome.err()
        .strip());
    assertArrayEquals(before, Files.readAllBytes(weights));
    Path latents = saved();
    generate("--out", place("a.gif"), "--latents", latents);
    assertEquals(0, Shell.raiju("decode", latents, "--out", place("b.gif")).status());
  }

  @Test
  void refusesWhatDoesNotFitBeforeAnyWork() throws IOException {
    Outcome refused = Shell.raiju("generate", PROMPT, "--model", model, "--length", 201, "--size", "256x256", "--memory", "10M",
        "--out", place("a.gif"));
    assertEquals(1, refused.status());
    assertTrue(refused.err().matches("raiju: memory: \\w+ needs [0-9,]+ bytes, [0-9,]+ of them weights, and may have 10,485,760; "
        + "give more, or a length of \\d+ frames.*\n"), refused::err);
    assertEquals(List.of(), written());
    assertEquals("raiju: generate: --memory: got much; needs bytes, such as 8G or 512M", Shell.raiju("generate", PROMPT,
        "--model",
        model, "--memory", "much").err().strip());
    Path latents = place("l.safetensors");
    generate("--out", place("a.gif"), "--latents", latents);
    Outcome decoding = Shell.raiju("decode", latents, "--out", place("b.gif"), "--memory", "1M");
    assertTrue(decoding.err().matches(
        "raiju: memory: decode needs [0-9,]+ bytes, [0-9,]+ of them weights, and may have 1,048,576; "
            + "give more\n"), decoding::err);
  }

  // ---- files that are not what they say

  private Path saved() {
    Path latents = place("x.safetensors");
    generate("--out", place("a.gif"), "--latents", latents);
    return latents;
  }

  /// Writes the file anew with other metadata.
  private static void change(Path latents, UnaryOperator<String> clip) throws IOException {
    byte[] copy;
    try (SafeTensors file = SafeTensors.open(latents); Tensor tensor = file.tensor("latents", Device.reference())) {
      String json = clip.apply(file.metadata().get("raiju_clip"));
      Path changed = latents.resolveSibling("changed");
      SafeTensors.write(changed, Map.of("latents", tensor), Map.of("raiju_clip", json));
      copy = Files.readAllBytes(changed);
      Files.delete(changed);
    }
    Files.write(latents, copy);
  }

  private void refused(Path latents, String line, Object... more) throws IOException {
    List<String> before = written();
    List<Object> words = new ArrayList<>(List.of("decode", latents, "--out", place("out.gif")));
    words.addAll(List.of(more));
    Outcome outcome = Shell.raiju(words.toArray());
    assertEquals(1, outcome.status(), outcome::out);
    assertEquals(1, outcome.notes().size(), outcome::err);
    assertTrue(outcome.err().contains(line), outcome::err);
    assertEquals(before, written());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"\"length\":5|\"length\":9|this clip of this model has f32 [1, 4, 3, 2, 2] alone",
    "\"width\":16|\"width\":20|width: 20: must be a multiple of 16; the nearest are 16 and 32",
    "\"length\":5|\"length\":\"many\"|length: found a string; needs a whole number",
    "\"target\":\"a.gif\"|\"target\":\"../a.gif\"|target: is ../a.gif; needs a plain file name",
    "\"sampler\":\"euler|\"sampler\":\"magic|sampler: is magic, shift 3.0; needs a sampler and its shift",
    "\"latents_sha256\":\"|\"latents_sha256\":\"0|its values are not those that were saved",
    "\"model_sha256\":\"|\"model_sha256\":\"0|was made by another model than", "{|[|x.safetensors",
    "\"guidance\":2.0|\"guidance\":-1|guidance: -1.0; needs 0 to 100"})
  void refusesLatentsThatSaySomethingElse(String found, String changed, String line) throws IOException {
    Path latents = saved();
    change(latents, json -> {
      assertTrue(json.contains(found), json);
      return json.replace(found, changed);
    });
    refused(latents, line);
  }

  @Test
  void refusesFilesThatAreNoLatentsOrDamaged() throws IOException {
    Path latents = saved();
    byte[] bytes = Files.readAllBytes(latents);
    for (int cut : new int[] {0, 7, 100, bytes.length - 1}) {
      Files.write(latents, Arrays.copyOf(bytes, cut));
      refused(latents, latents.toString());
    }
    byte[] flipped = bytes.clone();
    flipped[bytes.length - 3] ^= 1;
    Files.write(latents, flipped);
    refused(latents, "its values are not those that were saved");
    Files.write(latents, bytes);
    refused(latents, "was made by another model than " + other, "--model", other);
    refused(latents, "there is no model " + place("nowhere"), "--model", place("nowhere"));
    refused(model.resolve("vae/model.safetensors"), "no latents of a clip");
    refused(place("absent"), "there is no such file or folder");
    assertEquals(2, Shell.raiju("decode").status());
  }
}
