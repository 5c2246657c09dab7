package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    check("convert: i32: needs a float type, q8_0 or q4_0", "convert", source, folder.resolve("x.gguf"), "--dtype", "i32");
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
