package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerateTest {
  private static final String PROMPT = "a red circle moves right";

  @TempDir
  private static Path models;
  private static Path model;
  private static Path guided;

  @TempDir
  private Path folder;

  @BeforeAll
  static void writeModels() throws IOException {
    model = TinyModel.write(models.resolve("few"), TinyModel.FEW_STEP);
    guided = TinyModel.write(models.resolve("guided"), TinyModel.GUIDED);
  }

  private List<String> written() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private Path place(String name) { return folder.resolve(name); }

  @ParameterizedTest
  @CsvSource({"mp4", "gif", "apng"})
  void writesAClipAndItsSidecarAndReplaysThemByteForByte(String extension) throws IOException {
    Path clip = place("clip." + extension);
    Outcome made = Shell.raiju("generate", PROMPT, "--model", model, "--seed", 7, "--out", clip);
    assertEquals(0, made.status(), made::err);
    assertEquals(List.of("clip." + extension, "clip.json"), written().stream().sorted((a, b) -> b.endsWith("json") ? -1 : 1)
        .toList());
    assertTrue(made.out().contains("seed 7, 5 frames of 16 x 16"), made::out);
    assertTrue(made.lines().getLast().matches("seconds: load \\S+, text \\S+, denoise \\S+, decode \\S+, write \\S+"), made::out);
    byte[] bytes = Files.readAllBytes(clip);
    String sidecar = Files.readString(place("clip.json"));

    Outcome same = Shell.raiju("replay", place("clip.json"));
    assertEquals(0, same.status(), same::err);
    assertEquals("the same: every byte is as it was", same.lines().getFirst());
    Files.delete(clip);
    assertEquals(0, Shell.raiju("replay", place("clip.json")).status());
    assertArrayEquals(bytes, Files.readAllBytes(clip));
    Path copy = place("copy." + extension);
    assertEquals(0, Shell.raiju("replay", place("clip.json"), "--out", copy).status());
    assertArrayEquals(bytes, Files.readAllBytes(copy));
    assertEquals(sidecar.replace("clip." + extension, "copy." + extension), Files.readString(place("copy.json")));
  }

  @Test
  void runsInTheTypesThatAreAskedForAndSaysSo() throws IOException {
    Path clip = place("clip.gif");
    Outcome made = Shell.raiju("generate", PROMPT, "--model", model, "--out", clip, "--weights", "bf16", "--compute", "bf16");
    assertEquals(0, made.status(), made::err);
    assertTrue(made.notes().stream().anyMatch(line -> line.matches("raiju: transformer: bf16 .*; computes in bf16")), made::err);
    assertTrue(made.notes().stream().anyMatch(line -> line.matches("raiju: vae: f32 .*; computes in f32")), made::err);
    Fields json = Fields.read(place("clip.json"));
    assertEquals("bf16", json.string("weights"));
    assertEquals("bf16", json.string("compute"));
    assertTrue(json.object("types").string("text_encoder").endsWith("computes in bf16"));
    Outcome same = Shell.raiju("replay", place("clip.json"));
    assertEquals("the same: every byte is as it was", same.lines().getFirst());
    Outcome plain = Shell.raiju("generate", PROMPT, "--model", model, "--out", place("plain.gif"));
    assertEquals(0, plain.status());
    assertFalse(Fields.read(place("plain.json")).string("pixels_sha256").equals(json.string("pixels_sha256")));
    Outcome wrong = Shell.raiju("generate", PROMPT, "--model", model, "--compute", "int4");
    assertEquals("raiju: --compute: no such type: int4; did you mean int8?; there are f32, bf16, f16, int8", wrong.err().strip());
    // its rows are of 12 and 16
    Outcome blocks = Shell.raiju("generate", PROMPT, "--model", model, "--weights", "int4");
    assertTrue(blocks.err().contains("the last axis must be a multiple of 32"), blocks::err);
  }

  @Test
  void measuresEveryStageBesideItsEstimate() throws IOException {
    Outcome made = Shell.raiju("generate", PROMPT, "--model", model, "--out", place("clip.gif"), "--measure", place("use.json"));
    assertEquals(0, made.status(), made::err);
    List<String> table = made.lines().subList(made.lines().size() - 6, made.lines().size());
    assertTrue(table.getFirst().matches("stage +seconds +cpu seconds +peak resident .*"), made::out);
    assertEquals(List.of("load", "text", "denoise", "decode", "write"), table.stream().skip(1).map(line -> line.split(" ")[0])
        .toList());
    List<Fields> stages = Fields.read(place("use.json")).objects("stages");
    assertEquals(5, stages.size());
    long resident = 0;
    for (Fields stage : stages) {
      assertTrue(stage.number("seconds") >= 0 && stage.number("cpu_seconds") >= 0);
      if (stage.has("peak_resident_bytes")) resident = Math.max(resident, stage.integer("peak_resident_bytes"));
    }
    assertTrue(resident > 50 << 20, resident + " bytes");
    for (int i = 1; i < 4; i++) assertTrue(stages.get(i).integer("estimated_flops") > 0);
  }

  @Test
  void measuresAStepAndItsBlocks() throws IOException {
    Outcome one = Shell.raiju("step", model, "--blocks", 1, "--out", place("step.json"));
    assertEquals(0, one.status(), one::err);
    assertTrue(one.out().contains("measured, 1 of 2 blocks"), one::out);
    Fields json = Fields.read(place("step.json"));
    // of so small a model the sampler, which a step is measured without, is a part
    assertEquals(json.integer("estimated_step_flops"), (double) json.integer("step_flops"), 0.1 * json.integer("step_flops"));
    assertTrue(Shell.raiju("step", model).out().contains("measured, all blocks"));
  }

  @Test
  void tellsTheErrorOfTypesAndRefusesUnknownShapes() {
    // its rows divide into no groups
    assertTrue(Shell.raiju("types", model).err().contains("this model reads at most 12; make it shorter: a small green square"));
    Outcome types = Shell.raiju("types", model, "--prompt", "a red circle|a blue star");
    assertTrue(types.err().contains("the last axis must be a multiple of 32"), types::err);
    assertEquals("raiju: mock: --shape: got 2b; needs one of 0.9b, 1.3b, 14b", Shell.raiju("mock", place("new"), "--shape", "2b")
        .err().strip());
    assertFalse(Files.exists(place("new")));
  }

  @Test
  void theSidecarSaysHowTheClipWasMade() throws IOException {
    Path clip = place("clip.gif");
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", guided, "--seed", -3, "--steps", 2, "--guidance", 1.5, "--size",
        "32x16", "--length", 1, "--out", clip).status());
    Fields json = Fields.read(place("clip.json"));
    assertEquals(PROMPT, json.string("prompt"));
    assertEquals("noise", json.string("negative"));
    assertEquals(-3, json.integer("seed"));
    assertEquals(2, json.integer("steps"));
    assertEquals(1.5, json.number("guidance"));
    assertEquals(32, json.integer("width"));
    assertEquals(16, json.integer("height"));
    assertEquals(1, json.integer("length"));
    assertEquals(guided.toString(), json.string("model"));
    assertEquals("clip.gif", json.object("file").string("name"));
    assertEquals(Digest.ofFile(clip), json.object("file").string("sha256"));
    assertEquals(Raiju.version(), json.object("machine").string("raiju"));
    for (String what : List.of("cpu", "backend", "kernels", "java", "system")) json.object("machine").string(what);
  }

  @Test
  void replaySaysWhatDiffers() throws IOException {
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", model, "--out", place("clip.gif")).status());
    Path sidecar = place("clip.json");
    Json.Obj json = (Json.Obj) Json.read(sidecar);
    Json.Obj machine = ((Json.Obj) json.members().get("machine")).with("cpu", "Difference Engine");
    Files.writeString(sidecar, json.with("machine", machine).with("seed", 1).pretty());
    Outcome outcome = Shell.raiju("replay", sidecar);
    assertEquals(1, outcome.status());
    assertTrue(outcome.err().contains("differs: cpu: was Difference Engine, here "), outcome::err);
    assertEquals("not the same: other pixels than the clip had", outcome.lines().getFirst());
    Outcome other = Shell.raiju("replay", sidecar, "--model", guided);
    assertTrue(other.err().contains("model: its files are not those"), other::err);
    Files.writeString(sidecar, json.with("model", "/no/such/model").pretty());
    assertEquals("raiju: replay: there is no model /no/such/model; name it with --model DIR", Shell.raiju("replay", sidecar)
        .err().strip());
  }

  @Test
  void aSidecarCannotPointOutOfItsFolder() throws IOException {
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", model, "--out", place("clip.gif")).status());
    Files.writeString(place("clip.json"), Files.readString(place("clip.json")).replace("clip.gif", "../clip.gif"));
    Outcome outcome = Shell.raiju("replay", place("clip.json"));
    assertEquals(1, outcome.status());
    assertTrue(outcome.err().contains("needs a plain file name"), outcome::err);
  }

  @Test
  void countsUpSeedsAndNames() throws IOException {
    Outcome outcome = Shell.raiju("generate", PROMPT, "--model", model, "--seed", 5, "--count", 2, "--out", place("a.gif"),
        "--frames", place("f"));
    assertEquals(0, outcome.status(), outcome::err);
    assertEquals(List.of("a-1.gif", "a-1.json", "a-2.gif", "a-2.json", "f-1", "f-2"), written());
    assertEquals(6, Fields.read(place("a-2.json")).integer("seed"));
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", model, "--seed", 6, "--out", place("b.gif")).status());
    assertArrayEquals(Files.readAllBytes(place("b.gif")), Files.readAllBytes(place("a-2.gif")));
  }

  @Test
  void framesAloneAreWrittenAtTheirOwnSize() throws IOException {
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", model, "--frames", place("frames")).status());
    assertEquals(List.of("frames", "frames.json"), written());
    try (Stream<Path> frames = Files.list(place("frames"))) {
      assertEquals(5, frames.count());
    }
    byte[] png = Files.readAllBytes(place("frames/frame-0000.png"));
    assertEquals(16, png[19]);
    assertEquals(16, png[23]);
    assertEquals("the same: every pixel is as it was", Shell.raiju("replay", place("frames.json")).lines().getFirst());
    Outcome again = Shell.raiju("generate", PROMPT, "--model", model, "--frames", place("frames"));
    assertEquals(1, again.status());
    assertTrue(again.err().contains("not empty; name a new folder"), again::err);
  }

  @Test
  void replacesTheNamedFileAndKeepsItOnFailure() throws IOException {
    Path clip = Files.writeString(place("clip.gif"), "an older clip");
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", model, "--out", clip).status());
    byte[] first = Files.readAllBytes(clip);
    assertEquals(1, Shell.raiju("generate", "a " + "red ".repeat(40), "--model", model, "--out", clip).status());
    assertArrayEquals(first, Files.readAllBytes(clip));
    Files.writeString(place("package.json"), "{\"name\": \"somebody's\"}");
    Outcome refused = Shell.raiju("generate", PROMPT, "--model", model, "--out", place("package.gif"));
    assertEquals(1, refused.status());
    assertTrue(refused.err().contains("no sidecar of a clip"), refused::err);
    assertEquals(List.of("clip.gif", "clip.json", "package.json"), written());
  }

  @Test
  void warnsOnceOfUnknownWords() {
    Outcome outcome = Shell.raiju("generate", "a purple circle moves zigzag", "--model", model, "--out", place("c.gif"));
    assertEquals(0, outcome.status(), outcome::err);
    List<String> warnings = outcome.notes().stream().filter(line -> line.contains("purple") || line.contains("zigzag")).toList();
    assertEquals(List.of(
        "raiju: warning: prompt: the model does not know purple, zigzag; they will not change the clip as you mean"),
        warnings);
  }

  @Test
  void warnsOfContradictions() {
    Outcome outcome = Shell.raiju("generate", "a red blue circle", "--model", model, "--out", place("c.gif"));
    assertTrue(outcome.err().contains("raiju: warning: prompt: colour of the circle: red and blue contradict each other\n"),
        outcome::err);
  }

  @Test
  void saysWhenAClipLooksWrong() {
    // a random decoder of random latents gives one gray
    Outcome outcome = Shell.raiju("generate", PROMPT, "--model", model, "--out", place("c.gif"));
    List<String> notes = outcome.notes().stream().filter(line -> !line.contains("computes in")).toList();
    assertTrue(notes.stream().allMatch(line -> line.startsWith("raiju: warning: " + place("c.gif"))), outcome::err);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"''|generate: the prompt is empty", "'  '|generate: the prompt is empty",
    "x --steps 0|--steps: got 0; needs a whole number from 1 to 1000", "x --size 16|--size: got 16; needs width and height",
    "x --size 0x16|width: 0: must be a multiple of 16",
    "x --size 20x16|width: 20: must be a multiple of 16; the nearest are 16 and 32",
    "x --length 4|frames: 4: must be a multiple of 4 plus 1; the nearest are 1 and 5",
    "x --guidance 2|distilled without guidance",
    "x --steps 9|distilled to 2 steps", "x --sede 3|no such option: --sede; did you mean --seed?",
    "x --count 0|--count: got 0", "x --seed 1e3|--seed: got 1e3; needs a whole number", "x --device tpu|no backend called tpu",
    "x --out DIR/clip.avi|no writer for files ending in .avi", "x --out DIR/no/clip.mp4|there is no folder",
    "x --out DIR|no writer for files", "x --out DIR/clip.png|a .png holds one frame",
    "x --ffmpeg --out DIR/clip.gif|--ffmpeg writes .mp4",
    "x --guidance NaN|--guidance: got NaN", "x --out|--out: needs a value", "x --model /no/such|no such folder"})
  void mistakesAreOneLineAndLeaveNothing(String line, String expected) throws IOException {
    // the empty prompt is one word
    List<Object> words = line.isBlank()
        ? List.of("generate", line)
        : List.of(Stream.concat(Stream.of("generate"), Stream.of(line
            .replace("DIR", folder.toString()).split(" "))).toArray());
    boolean hasModel = line.contains("--model");
    Object[] typed = Stream.concat(words.stream(), hasModel ? Stream.of() : Stream.of("--model", model)).toArray();
    if (line.equals("x --out")) typed = words.toArray();
    if (!line.contains("--out")) typed = Stream.concat(Stream.of(typed), Stream.of("--out", place("clip.gif"))).toArray();
    Outcome outcome = Shell.raiju(typed);
    assertTrue(outcome.status() == 1 || outcome.status() == 2, outcome::err);
    List<String> mistakes = outcome.notes().stream().filter(note -> !note.startsWith("raiju: warning: ")).toList();
    assertEquals(1, mistakes.size(), outcome::err);
    assertTrue(mistakes.getFirst().contains(expected), outcome::err);
    assertEquals("", outcome.out());
    assertEquals(List.of(), written());
  }

  @Test
  void aMissingShippedModelSaysWhatToDo() {
    String root = System.setProperty("raiju.root", folder.toString());
    try {
      Outcome outcome = Shell.raiju("generate", PROMPT);
      assertEquals(1, outcome.status());
      assertTrue(outcome.err().contains("name one with --model DIR, or train one with ./raiju train"), outcome::err);
    } finally {
      System.setProperty("raiju.root", root);
    }
  }

  @Test
  void anInterruptedRunLeavesNothingAndSaysSo() throws Exception {
    long before = HostMemory.liveBuffers();
    // the thousand steps take twice as long as the longest of these on a fast machine
    for (int millis = 0; millis < 180; millis += 18) {
      AtomicReference<Outcome> outcome = new AtomicReference<>();
      Thread work = new Thread(() -> outcome.set(Shell.raiju("generate", PROMPT, "--model", guided, "--steps", 1000, "--out",
          place("clip.mp4"), "--frames", place("frames"))));
      work.start();
      work.join(millis + 1);
      work.interrupt();
      work.join(20_000);
      assertFalse(work.isAlive());
      assertEquals(Raiju.INTERRUPTED, outcome.get().status(), outcome.get()::err);
      assertEquals("raiju: stopped; what was not finished is not there", outcome.get().notes().getLast());
      assertEquals(List.of(), written());
    }
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void anInterruptionWhileWritingLetsBothFilesBeWritten() throws Exception {
    Thread.currentThread().interrupt();
    String done = Interruption.withstand(() -> {
      Files.writeString(place("a"), "a");
      return "done";
    });
    assertTrue(Thread.interrupted());
    assertEquals("done", done);
    assertEquals(List.of("a"), written());
  }

  @Test
  void onATerminalOneLineIsRewritten() {
    Shell terminal = new Shell(true);
    Outcome outcome = terminal.run("generate", PROMPT, "--model", guided, "--steps", 5, "--out", place("c.gif"));
    assertEquals(0, outcome.status(), outcome::err);
    assertTrue(outcome.err().contains("\r\033[Kload, 0.0 s"), outcome::err);
    assertTrue(outcome.err().contains("\r\033[Kdenoise, "), outcome::err);
    assertFalse(outcome.out().contains("\r"));
  }
}
