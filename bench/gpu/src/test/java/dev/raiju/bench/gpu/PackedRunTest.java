package dev.raiju.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is packed runs in a folder elsewhere with nothing but itself and a driver: here the stand-in of the CUDA kernels' tests.
class PackedRunTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  private static final Path CUDA = ROOT.resolve("kernels/cuda");
  private static final int MINUTES = 10;

  @TempDir
  private static Path elsewhere;

  private static Path packed() { return elsewhere.resolve("raiju-gpu"); }

  private static Program.End program(List<String> command) {
    return Program.run(command, System.currentTimeMillis() + MINUTES * 60_000L, System.out::println);
  }

  @BeforeAll
  static void pack() {
    Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"), "packing is a script for Linux");
    Program.End end = program(List.of("env", "JAVA_HOME=" + System.getProperty("java.home"), ROOT.resolve("bench/gpu/pack")
        .toString(), "--built", "--folder-only", packed().toString()));
    assertEquals(0, end.code(), end.text());
  }

  /// The stand-in as the kernels' own tests compiled it, or compiled here.
  private static Path standIn() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String folder : List.of("src/main/cuda", "src/test/native")) {
      try (Stream<Path> files = Files.list(CUDA.resolve(folder))) {
        files.forEach(sources::add);
      }
    }
    long newest = 0;
    for (Path source : sources) newest = Math.max(newest, Files.getLastModifiedTime(source).toMillis());
    Optional<Path> there = Optional.empty();
    if (Files.isDirectory(CUDA.resolve("target"))) {
      try (Stream<Path> files = Files.list(CUDA.resolve("target"))) {
        for (Path file : files.filter(f -> f.getFileName().toString().matches("stand-in-.*\\.so")).toList()) {
          if (Files.getLastModifiedTime(file).toMillis() > newest) there = Optional.of(file);
        }
      }
    }
    if (there.isPresent()) return there.get();
    Path library = elsewhere.resolve("stand-in.so");
    Program.End end = program(List.of("c++", "-std=c++17", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-I" + CUDA.resolve(
        "src/main/cuda"), "-I" + CUDA.resolve("src/test/native"), CUDA.resolve("src/test/native/standin.cpp").toString(), "-o",
        library.toString()));
    Assumptions.assumeTrue(!end.isAbsent(), "no c++ on this machine: the CUDA kernels cannot be run on the CPU");
    assertEquals(0, end.code(), end.text());
    return library;
  }

  private static Program.End run(String... words) {
    List<String> command = new ArrayList<>(List.of(packed().resolve("run").toString()));
    command.addAll(List.of(words));
    return program(command);
  }

  @Test
  void runsInStepsAndGoesOnFromWhatIsWritten() throws IOException {
    String library = standIn().toString();
    String out = elsewhere.resolve("results").toString();
    Program.End first = run("--library", library, "--out", out, "--memory", "512m", "--parts", "goldens,conformance", "--goldens",
        "rope.safetensors", "--rows", "softmax,no such row,adamw");
    assertEquals(1, first.code(), first.text());
    Path file = Path.of(out).resolve("stand-in.json");
    Fields results = Fields.read(file);
    assertTrue(results.object("device").string("backend").startsWith("stand-in, compute capability 8.0"));
    assertEquals("absent", results.object("device").string("driver"));
    assertEquals(1, results.object("counts").object("goldens").integer("passed"));
    Fields rows = results.object("parts").object("conformance");
    assertEquals("passed", rows.object("adamw").string("outcome"));
    assertTrue(rows.object("adamw").integer("aspects") >= 9);
    assertEquals("failed", rows.object("no such row").string("outcome"));

    Program.End second = run("--library", library, "--out", out, "--memory", "512m", "--parts", "conformance,times,sanitizer",
        "--rows", "softmax,gather", "--times", "linear_256x128x512 bf16", "--rounds", "1", "--python", "/nonexistent",
        "--sanitizer", "/nonexistent");
    assertFalse(second.text().contains("softmax: {"), second.text());
    results = Fields.read(file);
    assertEquals(2, results.integer("calls"));
    assertEquals(3, results.object("counts").object("conformance").integer("passed"));
    Fields time = results.object("parts").object("times").object("linear_256x128x512 bf16");
    assertEquals("timed", time.string("outcome"));
    assertTrue(time.number("relative_error") < 0.01);
    assertTrue(time.string("peer").startsWith("absent: "));
    assertEquals(4, results.object("counts").object("sanitizer").integer("absent"));
  }

  /// On the CPU, since the stand-in would take minutes; a chain of a few weights, which may learn or not.
  @Test
  void aTrainingIsJudgedByItsLosses() throws IOException {
    Path out = elsewhere.resolve("training");
    Path chain = ROOT.resolve("bench/gpu/src/test/resources/tiny.json");
    Program.End end = run("--device", "cpu", "--out", out.toString(), "--memory", "512m", "--parts", "training", "--chain", chain
        .toString());
    Path file;
    try (Stream<Path> files = Files.list(out)) {
      file = files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
    }
    Fields learns = Fields.read(file).object("parts").object("training").object("learns");
    boolean learned = falls(learns.object("autoencoder"), 0.5) && falls(learns.object("teacher"), 0.9);
    assertEquals(learned ? "passed" : "failed", learns.string("outcome"));
    assertEquals(learned ? 0 : 1, end.code(), end.text());
  }

  private static boolean falls(Fields stage, double most) throws IOException {
    assertEquals(20, stage.integer("steps"));
    assertEquals("FINISHED", stage.string("ended"));
    return stage.number("last loss") <= most * stage.number("first loss");
  }

  @Test
  void withoutADriverItSaysSo() {
    Program.End end = run("--library", "/nonexistent.so", "--out", elsewhere.resolve("none").toString());
    assertEquals(1, end.code());
    assertTrue(end.text().contains("raiju.cuda.library: cannot load /nonexistent.so"), end.text());
  }

  @Test
  void theCommandIsThereToo() {
    Program.End end = run("raiju", "doctor");
    assertEquals(0, end.code(), end.text());
    assertTrue(end.text().contains("cuda"), end.text());
  }
}
