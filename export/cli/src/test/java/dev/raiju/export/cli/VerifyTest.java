package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Gguf;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.ShardedSafeTensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {
  @TempDir
  private Path folder;

  @BeforeEach
  void copyGoldenFiles() throws IOException {
    for (String name : new String[] {"rope.safetensors", "umt5.safetensors"}) copy(name);
  }

  private void copy(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(VerifyTest.class.getResourceAsStream("/golden/" + name))) {
      Files.copy(in, folder.resolve(name));
    }
  }

  /// Changes one value of a tensor by a part of it.
  private void change(Path file, String tensor, double part) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Scope scope = Scope.open(); SafeTensors golden = SafeTensors.open(file)) {
      for (String name : golden.entries().keySet()) tensors.put(name, golden.tensor(name, Device.reference()));
      Tensor old = Objects.requireNonNull(tensors.get(tensor));
      float[] values = old.toFloats();
      values[0] += (float) part;
      tensors.put(tensor, Tensor.of(values, old.shape().sizes()));
      SafeTensors.write(file.resolveSibling("changed.safetensors"), tensors, golden.metadata());
    }
    Files.move(file.resolveSibling("changed.safetensors"), file, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void reportsWhatADeviceIsAndHowItDid() throws IOException {
    Path page = folder.resolveSibling(folder.getFileName() + "-report.md");
    Outcome outcome = Shell.raiju("verify", folder, "--device", "cpu", "--device-report", page);
    String text = Files.readString(page);
    Files.delete(page);
    assertEquals(0, outcome.status(), () -> text);
    assertTrue(text.startsWith("# Device report: cpu\n"), text);
    for (String line : new String[] {"| device | ", "| attention bf16 | ok, error ", "rope.safetensors",
      " operations agree with the reference; a clip beside that of the CPU: 0 of 15360 values differ"})
      assertTrue(text.contains(line), text);
  }

  @Test
  void passesAFolderWithAReadme() throws IOException {
    Files.writeString(folder.resolve("README.md"), "what these files are");
    Outcome outcome = Shell.raiju("verify", folder);
    assertEquals(0, outcome.status(), outcome::out);
    assertEquals(4, outcome.lines().size());
    assertTrue(outcome.lines().get(0).matches("not checked  README.md +for people"), outcome::out);
    assertTrue(outcome.lines().get(1).matches("ok           rope.safetensors +\\d+ compared, worst \\S+ of 1e-05 +\\S+"),
        outcome::out);
    assertTrue(outcome.lines().get(3).startsWith("2 passed, 0 failed, 1 not checked, on "), outcome::out);
  }

  @Test
  void comparesWeightsOfEveryFormatWithThoseBesideThem() throws IOException {
    Path formats = Files.createDirectory(folder.resolve("formats"));
    Map<String, Tensor> tensors = Map.of("w", Tensor.full(Spec.of(DType.F16, 2, 3), 0.5, Device.reference()));
    SafeTensors.write(formats.resolve("weights.safetensors"), tensors, Map.of());
    Gguf.write(formats.resolve("a.gguf"), tensors, Map.of());
    try (SafeTensors file = SafeTensors.open(formats.resolve("weights.safetensors"))) {
      ShardedSafeTensors.write(formats.resolve("sharded"), file, Map.of(), 1);
    }
    Outcome outcome = Shell.raiju("verify", formats);
    assertEquals(0, outcome.status(), outcome::out);
    assertTrue(outcome.lines().get(0).matches("ok           a.gguf +1 compared, .*"), outcome::out);
    assertTrue(outcome.lines().get(1).matches("not checked  weights.safetensors +what a.gguf, sharded must hold"), outcome::out);
    assertTrue(outcome.lines().get(2).matches("ok           sharded +1 compared, .*"), outcome::out);
    assertTrue(outcome.lines().get(3).startsWith("2 passed, 0 failed, 1 not checked"), outcome::out);
    Gguf.write(formats.resolve("a.gguf"), Map.of("w", Tensor.zeros(2, 3)), Map.of());
    assertEquals(1, Shell.raiju("verify", formats.resolve("a.gguf")).status());
  }

  @Test
  void oneChangedValueFails() throws IOException {
    change(folder.resolve("umt5.safetensors"), "out.hidden", 0.01);
    Outcome outcome = Shell.raiju("verify", folder.resolve("rope.safetensors"), folder.resolve("umt5.safetensors"));
    assertEquals(1, outcome.status());
    assertTrue(outcome.lines().get(0).startsWith("ok "), outcome::out);
    assertTrue(outcome.lines().get(1).matches(
        "FAILED       umt5.safetensors +\\d+ compared, first wrong \\S+ of 1e-04 +out.hidden"),
        outcome::out);
  }

  @Test
  void checksTokenizers() throws IOException {
    for (String name : new String[] {"tokenizer_tiny.json", "tokenizer_tiny.model"}) copy(name);
    Path golden = folder.resolve("tokenizer_tiny.json");
    Outcome outcome = Shell.raiju("verify", golden, folder.resolve("tokenizer_tiny.model"));
    assertEquals(0, outcome.status(), outcome::out);
    assertTrue(outcome.lines().get(0).startsWith("ok           tokenizer_tiny.json"), outcome::out);
    assertTrue(outcome.lines().get(1).endsWith("read by tokenizer_tiny.json"), outcome::out);
    Files.writeString(golden, Files.readString(golden).replaceFirst("457", "458"));
    Outcome wrong = Shell.raiju("verify", golden);
    assertEquals(1, wrong.status());
    assertTrue(wrong.lines().get(0).matches("FAILED +tokenizer_tiny.json +6 compared, first wrong 1.0e\\+00 must be exact  ids"),
        wrong::out);
    Files.writeString(golden, Files.readString(golden).replace("tokenizer_tiny.model", "../secret.model"));
    assertTrue(Shell.raiju("verify", golden).lines().get(0).contains("no plain file name"));
  }

  @Test
  void aFileThatNobodyCanCheckIsNamedAndCounted() throws IOException {
    SafeTensors.write(folder.resolve("other.safetensors"), Map.of("x", Tensor.scalar(1)), Map.of("file", "other", "config",
        "{}"));
    Outcome outcome = Shell.raiju("verify", folder);
    assertEquals(1, outcome.status());
    assertTrue(outcome.lines().get(0).matches("not checked  other.safetensors +no check for kind other"), outcome::out);
    assertTrue(outcome.lines().getLast().startsWith("2 passed, 0 failed, 1 not checked"), outcome::out);
  }

  @Test
  void damagedAndMissingFilesFail() throws IOException {
    Files.write(folder.resolve("rope.safetensors"), new byte[20]);
    Outcome outcome = Shell.raiju("verify", folder.resolve("rope.safetensors"), folder.resolve("absent.safetensors"));
    assertEquals(1, outcome.status());
    assertTrue(outcome.lines().get(0).startsWith("FAILED       rope.safetensors"), outcome::out);
    assertTrue(outcome.lines().get(1).matches("FAILED       absent.safetensors +there is no such file or folder"), outcome::out);
  }

  @Test
  void runsOnANamedDevice() {
    assertTrue(Shell.raiju("verify", folder.resolve("rope.safetensors"), "--device", "reference").out().contains("on reference"));
  }
}
