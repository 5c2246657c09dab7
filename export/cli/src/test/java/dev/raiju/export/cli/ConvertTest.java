package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.vae.WanVae;
import dev.raiju.models.vae.WanVaeConfig;
import dev.raiju.models.vae.WanVaeWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.AffineFile;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.Quantize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvertTest {
  @TempDir
  private Path folder;
  private Path source;

  @BeforeEach
  void write() throws IOException {
    source = folder.resolve("a.safetensors");
    SafeTensors.write(source, Map.of("w", Tensor.full(Spec.of(DType.F32, 2, 64), 0.5, Device.reference()), "b", Tensor.full(Spec
        .of(
            DType.F16, 3), 1, Device.reference()), "n", Tensor.of(new long[] {1, 2}, 2)), Map.of("format", "pt"));
  }

  @Test
  void quantisesAPartOfAModelAsMlxDoes() throws IOException {
    Path part = Files.createDirectory(folder.resolve("part"));
    Tensor w = Tensor.iota(DType.I32, 64 * 128, Device.reference()).to(DType.BF16).reshape(64, 128);
    SafeTensors.write(part.resolve("model.safetensors"), Map.of("w.weight", w, "w.bias", Tensor.full(Spec.of(DType.F32, 64), 1,
        Device.reference())), Map.of());
    Files.writeString(part.resolve("config.json"), "{}");
    Path made = folder.resolve("quantised");
    Outcome outcome = Shell.raiju("convert", part, made, "--dtype", "int4");
    assertEquals(0, outcome.status(), outcome::err);
    assertEquals(made + ": 2 tensors, 1 bf16 as q4_g64_bf16, 1 f32", outcome.out().strip());
    assertEquals("{}", Files.readString(made.resolve("config.json")));
    try (TensorFile file = TensorFile.open(made)) {
      assertEquals(Spec.of(DType.U32, 64, 16), file.spec("w.weight"));
      assertArrayEquals(Quantize.quantize(w, DType.Q4_G64_BF16).toBytes(), AffineFile.of(file).tensor("w.weight", Device
          .reference()).toBytes());
    }
    Outcome back = Shell.raiju("convert", made, folder.resolve("back.safetensors"), "--dtype", "f32");
    assertEquals(folder.resolve("back.safetensors") + ": 2 tensors, 1 f32, 1 q4_g64_bf16 as f32", back.out().strip(), back::err);
    assertEquals(2, Shell.raiju("convert", part, folder.resolve("x.gguf"), "--dtype", "int8").status());
  }

  @Test
  void keepsTypesAndBytesThroughEveryFormat() throws IOException {
    Path gguf = folder.resolve("b.gguf");
    Path shards = folder.resolve("c");
    Path back = folder.resolve("d.safetensors");
    for (List<Path> step : List.of(List.of(source, gguf), List.of(gguf, shards), List.of(shards, back))) {
      Outcome outcome = Shell.raiju("convert", step.get(0), step.get(1));
      assertEquals(0, outcome.status(), outcome::err);
      assertEquals(step.get(1) + ": 3 tensors, 1 f16, 1 f32, 1 i64", outcome.out().strip());
    }
    try (TensorFile expected = TensorFile.open(source); TensorFile found = TensorFile.open(back)) {
      assertEquals(Map.copyOf(expected.entries()), Map.copyOf(found.entries()));
      for (String name : expected.entries().keySet()) {
        try (Tensor a = expected.tensor(name, Device.reference()); Tensor b = found.tensor(name, Device.reference())) {
          assertArrayEquals(a.toBytes(), b.toBytes());
        }
      }
    }
    assertEquals("ok, GGUF, 3 tensors, 133 values, 534 B, f16, f32, i64", Shell.raiju("inspect", gguf, source).lines().getFirst()
        .replace(gguf + ": ", ""));
  }

  @Test
  void aFileBecomesItselfByteForByte() throws IOException {
    Path same = folder.resolve("same.safetensors");
    assertEquals(0, Shell.raiju("convert", source, same).status());
    assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(same));
  }

  @Test
  void saysWhatBecameWhat() throws IOException {
    Path packed = folder.resolve("q8.gguf");
    Outcome outcome = Shell.raiju("convert", source, packed, "--dtype", "q8_0");
    assertEquals(packed + ": 3 tensors, 1 f16, 1 f32 as q8_0, 1 i64", outcome.out().strip());
    Path plain = folder.resolve("plain.safetensors");
    assertEquals(plain + ": 3 tensors, 1 f16 as bf16, 1 i64, 1 q8_0 as bf16", Shell.raiju("convert", packed, plain, "--dtype",
        "bf16").out().strip());
    try (TensorFile file = TensorFile.open(plain); Tensor w = file.tensor("w", Device.reference())) {
      for (double value : w.toDoubles()) assertEquals(0.5, value, 0.002);
    }
    Outcome kept = Shell.raiju("convert", packed, folder.resolve("x.safetensors"));
    assertEquals(1, kept.status());
    assertEquals("raiju: safetensors: w: q8_0 is not a type of this format; convert it", kept.err().strip());
  }

  // ---- names

  private Path autoencoder() throws IOException {
    WanVaeConfig config = new WanVaeConfig(4, List.of(1, 2), 1, List.of(true), 16, WanVaeConfig.WAN_2_1.mean(),
        WanVaeConfig.WAN_2_1
            .deviation());
    Path file = folder.resolve("vae.safetensors");
    try (WanVae vae = WanVae.create(config, Initializer.random(Rng.of(1), Device.reference()))) {
      SafeTensors.write(file, WanVaeWeights.named(vae, WanVaeWeights.ORIGINAL), Map.of());
    }
    return file;
  }

  private static Set<String> names(Path file) throws IOException {
    try (TensorFile tensors = TensorFile.open(file)) {
      return Set.copyOf(tensors.entries().keySet());
    }
  }

  /// There and back gives the very file; in between are the names of others.
  @ParameterizedTest
  @CsvSource({"transformer, diffusers, condition_embedder.time_proj.weight", "text_encoder, hf, shared.weight",
    "text_encoder, gguf, token_embd.weight", "vae, diffusers, decoder.up_blocks.0.resnets.1.conv2.weight",
    "tae, original, decoder.1.weight"})
  void namesThereAndBackGiveTheSameFile(String part, String naming, String name) throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.GUIDED);
    Path first = part.equals("vae")
        ? autoencoder()
        : model.resolve(part.equals("tae") ? "vae" : part).resolve("model.safetensors");
    Path there = folder.resolve("there.safetensors");
    Path back = folder.resolve("back.safetensors");
    Outcome outcome = Shell.raiju("convert", first, there, "--names", naming);
    assertEquals(0, outcome.status(), outcome::err);
    assertTrue(names(there).contains(name), names(there)::toString);
    assertEquals(part.equals("tae"), names(there).equals(names(first)));
    assertEquals(0, Shell.raiju("convert", there, back, "--names", "original").status());
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(back));
  }

  @Test
  void aRenamedModelGivesTheSameClip() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.GUIDED);
    Path before = folder.resolve("before.gif");
    Path after = folder.resolve("after.gif");
    assertEquals(0, Shell.raiju("generate", "a red circle", "--model", model, "--out", before).status());
    for (List<String> part : List.of(List.of("transformer", "diffusers"), List.of("text_encoder", "hf"))) {
      Path file = model.resolve(part.get(0)).resolve("model.safetensors");
      Path renamed = folder.resolve("renamed.safetensors");
      assertEquals(0, Shell.raiju("convert", file, renamed, "--names", part.get(1)).status());
      Files.move(renamed, file, StandardCopyOption.REPLACE_EXISTING);
    }
    assertEquals(0, Shell.raiju("generate", "a red circle", "--model", model, "--out", after).status());
    assertArrayEquals(Files.readAllBytes(before), Files.readAllBytes(after));
  }

  @Test
  void refusesNamesThatThereAreNone() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.GUIDED);
    Path target = folder.resolve("x.safetensors");
    check(source + ": 3 of 3 tensors have names of no model that is known: ", "convert", source, target, "--names", "original");
    check("--names: no such names of a tiny autoencoder: hf; there are original", "convert", model.resolve("vae"), target,
        "--names", "hf");
    check("--names: no such names of a Wan transformer: difusers; did you mean diffusers?; there are original, diffusers",
        "convert", model.resolve("transformer"), target, "--names", "difusers");
    check("--names: no such names of a UMT5 encoder: diffusers; there are original, hf, gguf", "convert", model.resolve(
        "text_encoder"), target, "--names", "diffusers");
    assertFalse(Files.exists(target));
  }

  @Test
  void refusesInOneLine() throws IOException {
    Files.createDirectory(folder.resolve("there"));
    Files.write(folder.resolve("bad.pth"), "PK\3\4rest of nothing and more".getBytes(StandardCharsets.ISO_8859_1));
    check("convert: got 1 names; needs SRC and DST", "convert", source);
    check("convert: " + source + " is what is read; name another place", "convert", source, source);
    check("convert: " + folder.resolve("there") + " is there already; name a new folder", "convert", source, folder.resolve(
        "there"));
    check("convert: " + folder.resolve("a.onnx") + ": no format is written to such a file", "convert", source, folder.resolve(
        "a.onnx"));
    check("convert: there is no folder " + folder.resolve("absent"), "convert", source, folder.resolve("absent/x.gguf"));
    check("--dtype: no such type: bf61; did you mean bf16?", "convert", source, folder.resolve("x.gguf"), "--dtype", "bf61");
    check("--dtype: no such type: i32; did you mean f32?; there are f32, f16, bf16, f64, int8, int4, q8_0, q4_0", "convert",
        source, folder.resolve("x.gguf"), "--dtype", "i32");
    check(folder.resolve("none") + ": there is no such file or folder", "convert", folder.resolve("none"), folder.resolve("x"));
    check(folder.resolve("bad.pth") + ": a zip archive without its end", "convert", folder.resolve("bad.pth"), folder.resolve(
        "x"));
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(3, all.count());
    }
  }

  private static void check(String message, Object... words) {
    Outcome outcome = Shell.raiju(words);
    assertFalse(outcome.status() == 0);
    assertEquals(1, outcome.notes().size(), outcome::err);
    assertTrue(outcome.err().startsWith("raiju: " + message), outcome::err);
  }
}
