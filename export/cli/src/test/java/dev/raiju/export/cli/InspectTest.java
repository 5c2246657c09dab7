package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {
  @TempDir
  private Path folder;

  private Path good(String name) throws IOException {
    Path file = folder.resolve(name);
    SafeTensors.write(file, Map.of("w", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), "b", Tensor.full(Spec.of(DType.F16, 3),
        1,
        Device.reference())), Map.of("format", "pt"));
    return file;
  }

  private static byte[] withHeader(String json, int data) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length + data).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header)
        .array();
  }

  private void put(String name, byte[] bytes) throws IOException { Files.write(folder.resolve(name), bytes); }

  private void put(String name, String header, int data) throws IOException {
    put(name + ".safetensors", withHeader(header, data));
  }

  @Test
  void showsTheTensorsOfOneFile() throws IOException {
    Outcome outcome = Shell.raiju("inspect", good("a.safetensors"));
    assertEquals(0, outcome.status(), outcome::err);
    assertEquals(List.of(folder.resolve("a.safetensors") + ": safetensors, 2 tensors, 9 values, 30 B, f16, f32",
        "  w                f32  [2, 3]  24 B", "  b                f16  [3]     6 B", "  metadata format  pt"), outcome.lines());
  }

  @Test
  void goesOnAfterABadFile() throws IOException {
    Path good = good("a.safetensors");
    put("b.safetensors", new byte[4]);
    Outcome outcome = Shell.raiju("inspect", folder.resolve("b.safetensors"), good, folder.resolve("absent.safetensors"));
    assertEquals(1, outcome.status());
    assertTrue(outcome.lines().get(0).startsWith(folder.resolve("b.safetensors") + ": error: 4 bytes"), outcome::out);
    assertTrue(outcome.lines().get(1).startsWith(good + ": ok, safetensors, 2 tensors"), outcome::out);
    assertEquals(folder.resolve("absent.safetensors") + ": error: there is no such file or folder", outcome.lines().get(2));
    assertEquals("raiju: 2 of 3 files could not be read", outcome.err().strip());
  }

  @Test
  void describesModelsAndTheirParts() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    Outcome whole = Shell.raiju("inspect", model);
    assertEquals(0, whole.status(), whole::err);
    assertTrue(whole.lines().getFirst().endsWith(
        ": model, few-step, shift 3.0, 2 steps, guidance 1.0, 5 frames of 16 x 16, 8 a second"), whole::out);
    assertTrue(whole.out().contains("Wan transformer, 2 blocks of width 16, 2 heads of 6, feed-forward 24"), whole::out);
    assertTrue(whole.out().contains("UMT5 encoder, 2 layers of width 12"), whole::out);
    assertTrue(whole.out().contains("tokenizer     "), whole::out);
    Outcome parts = Shell.raiju("inspect", model.resolve("vae"), model.resolve("tokenizer/spiece.model"), model.resolve(
        "raiju.json"), model);
    assertEquals(0, parts.status(), parts::err);
    assertTrue(parts.lines().get(0).contains("ok, configuration, tiny autoencoder, 4 channels, 8 x 8 pixels and 4 frames"),
        parts::out);
    assertTrue(parts.lines().get(2).contains("ok, unigram tokenizer, 2"), parts::out);
    assertTrue(parts.lines().get(3).contains("ok, recipe, few-step"), parts::out);
    assertTrue(parts.lines().get(4).contains("ok, model, few-step"), parts::out);
  }

  @Test
  void knowsWhatItDoesNotRead() throws IOException {
    put("a.pth", "PK\3\4rest".getBytes(StandardCharsets.ISO_8859_1));
    put("b.pkl", new byte[] {(byte) 0x80, 4, 'c', 'o', 's', '\n'});
    put("c.gguf", "GGUF....".getBytes(StandardCharsets.ISO_8859_1));
    put("d.bin", new byte[] {1, 2, 3});
    Outcome outcome = Shell.raiju("inspect", folder);
    assertEquals(1, outcome.status());
    assertTrue(outcome.lines().get(0).contains("error: 8 bytes are no zip archive"), outcome::out);
    assertTrue(outcome.lines().get(1).contains("error: a bare Python pickle, PyTorch's old container"), outcome::out);
    assertTrue(outcome.lines().get(2).contains("error: 8 bytes are no GGUF file"), outcome::out);
    assertTrue(outcome.lines().get(3).contains("error: no kind of file that is known here"), outcome::out);
  }

  @Test
  void knowsTheFilesOfClips() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    for (String kind : List.of("mp4", "gif", "apng")) {
      assertEquals(0, Shell.raiju("generate", "a red circle", "--model", model, "--out", folder.resolve("clip." + kind))
          .status());
    }
    Outcome outcome = Shell.raiju("inspect", folder);
    assertEquals(0, outcome.status(), outcome::out);
    assertTrue(outcome.out().contains("clip.apng: ok, a picture, PNG") && outcome.out().contains("clip.gif: ok, a picture, GIF")
        && outcome.out().contains("clip.mp4: ok, a video, MP4"), outcome::out);
    assertTrue(outcome.out().contains("clip.json: ok, sidecar of a clip, seed 0, a red circle\n"), outcome::out);
  }

  /// Damage of every kind, named so that what is whole sorts last.
  private int writeHostileFiles() throws IOException {
    byte[] whole = Files.readAllBytes(good("z-whole.safetensors"));
    for (int length = 0; length < whole.length; length += 3)
      put("cut-" + length + ".safetensors", Arrays.copyOf(whole,
          length));
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      byte[] flipped = whole.clone();
      // the length and the beginning of the header: every flip there makes another file
      flipped[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
      put("flip-" + i + ".safetensors", flipped);
    }
    long[] lengths = {0, 1, 7, whole.length, Integer.MAX_VALUE, 1L << 31, 1L << 32, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE, -1};
    for (long length : lengths) {
      put("length-" + length + ".safetensors", ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length)
          .array());
    }
    String entry = "{\"w\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}";
    String[][] claims = {{"[2]", "[0,9]"}, {"[-1]", "[0,8]"}, {"[4294967296,4294967296]", "[0,8]"},
      {"[9223372036854775807,2]", "[0,8]"}, {"[2]", "[8,0]"}, {"[2]", "[-8,0]"}, {"[2]", "[0]"}, {"[2]", "[0,8,16]"},
      {"[2]", "[1e400,8]"}, {"\"2\"", "[0,8]"}, {"[2]", "[4,12]"}, {"null", "[0,8]"}, {"[1.5]", "[0,8]"}, {"[3]", "[0,12]"}};
    for (int i = 0; i < claims.length; i++) put("claim-" + i, entry.formatted((Object[]) claims[i]), 8);
    put("claim-2-whole", entry.formatted("[2]", "[0,8]"), 8);
    String one = "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":";
    put("overlap", "{\"a\":{" + one + "[0,4]},\"b\":{" + one + "[0,4]}}", 8);
    put("twice", "{\"a\":{" + one + "[0,4]},\"a\":{" + one + "[4,8]}}", 8);
    put("hole", "{\"a\":{" + one + "[0,4]},\"b\":{" + one + "[8,12]}}", 12);
    put("depth", "{\"a\":" + "[".repeat(200_000) + "]".repeat(200_000) + "}", 0);
    put("open", "{\"a\":" + "{\"a\":".repeat(100_000), 0);
    put("string", "{\"" + "a".repeat(2_000_000), 0);
    put("many", "{" + "\"a\":1,".repeat(300_000) + "\"a\":1}", 0);
    put("surrogate", "{\"\\ud800\":{" + one + "[0,4]}}", 4);
    put("digits", "{\"a\":" + "9".repeat(500_000) + "}", 0);
    put("pickle.safetensors", new byte[] {(byte) 0x80, 2, 'c', 'o', 's', '\n', 's', 'y', 's', 't', 'e', 'm', '\n', '.'});
    put("lfs.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n".getBytes(
        StandardCharsets.US_ASCII));
    for (String shard : List.of("../z-whole.safetensors", "/etc/passwd", "a\\\\b", "..", "CON", "missing.safetensors", "")) {
      int number = Math.abs(shard.hashCode() % 1000);
      put("index-" + number + ".safetensors.index.json", ("{\"weight_map\":{\"w\":\"" + shard + "\"}}").getBytes(
          StandardCharsets.UTF_8));
    }
    for (String json : List.of("", "{", "[]", "{\"a\":1,\"a\":2}", "\u00ff", "{\"model_type\":\"umt5\"}",
        "{\"_class_name\":\"WanTransformer3DModel\",\"num_attention_heads\":-1}", "{\"model\":{\"type\":\"BPE\"}}",
        "{\"pixels_sha256\":1}", "{\"sampler\":1,\"frames_per_second\":2}")) {
      put("config-" + Math.abs(json.hashCode() % 100_000) + ".json", json.getBytes(StandardCharsets.ISO_8859_1));
    }
    for (int i = 0; i < 40; i++) {
      byte[] noise = new byte[50 + i];
      random.nextBytes(noise);
      put("noise-" + i + (i % 2 == 0 ? ".safetensors" : ".model"), noise);
    }
    put("line\nbreak\u001b[31m.safetensors", new byte[3]);
    try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse.safetensors").toFile(), "rw")) {
      sparse.setLength(5L << 30);
    }
    Files.createSymbolicLink(folder.resolve("broken-link.safetensors"), Path.of("nowhere"));
    Files.createSymbolicLink(folder.resolve("loop.safetensors"), Path.of("loop.safetensors"));
    Files.createSymbolicLink(folder.resolve("device.safetensors"), Path.of("/dev/zero"));
    try (Stream<Path> all = Files.list(folder)) {
      return Math.toIntExact(all.count());
    }
  }

  @Test
  void answersEachOfHundredsOfHostileFilesInOneLine() throws IOException {
    int count = writeHostileFiles();
    assertTrue(count > 200, () -> count + " files");
    Outcome outcome = assertTimeout(Duration.ofSeconds(20), () -> Shell.raiju("inspect", folder));
    // the folder is deleted after the test, and a link out of it must not be followed then
    Files.delete(folder.resolve("device.safetensors"));
    assertEquals(1, outcome.status());
    assertEquals(count, outcome.lines().size());
    for (String line : outcome.lines()) {
      assertTrue(line.startsWith(folder + "/"), line);
      assertTrue(line.contains(": ok, ") || line.contains(": error: "), line);
      assertFalse(line.contains("Exception") || line.contains("internal error") || line.contains("Error:"), line);
      assertTrue(line.length() < 600, line);
      assertEquals(-1, line.indexOf('\u001b'));
    }
    List<String> whole = outcome.lines().stream().filter(line -> line.contains(": ok, ")).map(line -> line.substring(folder
        .toString().length() + 1, line.indexOf(": ok"))).toList();
    assertEquals(List.of("claim-2-whole.safetensors", "z-whole.safetensors"), whole);
    assertEquals("raiju: " + (count - 2) + " of " + count + " files could not be read", outcome.err().strip());
  }
}
