package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Samplers, LoRA files and previews from the command line.
class SamplingOptionsTest {
  private static final String PROMPT = "a red circle moves right";

  @TempDir
  private static Path models;
  private static Path guided;

  @TempDir
  private Path folder;

  @BeforeAll
  static void write() throws IOException { guided = TinyModel.write(models.resolve("guided"), TinyModel.GUIDED); }

  private Path place(String name) { return folder.resolve(name); }

  private Path lora(String layer) throws IOException {
    Path file = place("lora.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor down = Rng.of(1).normal(Device.reference(), 2, 16);
      Tensor up = Rng.of(2).normal(Device.reference(), 12, 2);
      SafeTensors.write(file, Map.of(layer + ".lora_down.weight", down, layer + ".lora_up.weight", up), Map.of());
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"unipc", "dpm++", "euler", "few-step", "diffusers-euler", "diffusers-unipc", "diffusers-dpm++"})
  void everySamplerMakesAClipThatIsReplayed(String sampler) throws IOException {
    Outcome made = Shell.raiju("generate", PROMPT, "--model", guided, "--sampler", sampler, "--shift", 2.5, "--out", place(
        "c.gif"));
    assertEquals(0, made.status(), made::err);
    assertEquals(sampler + ", shift 2.5", Fields.read(place("c.json")).string("sampler"));
    Outcome same = Shell.raiju("replay", place("c.json"));
    assertEquals("the same: every byte is as it was", same.lines().getFirst(), same::err);
  }

  @Test
  void aLoraFileChangesTheClipAndIsReplayed() throws IOException {
    Path lora = lora("lora_unet_blocks_0_self_attn_v");
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", guided, "--frames", place("without")).status());
    Outcome made = Shell.raiju("generate", PROMPT, "--model", guided, "--lora", lora + ":8", "--frames", place("with"));
    assertEquals(0, made.status(), made::err);
    Fields without = Fields.read(place("without.json"));
    Fields with = Fields.read(place("with.json"));
    assertFalse(without.has("lora"));
    assertEquals(8, with.objects("lora").getFirst().number("scale"));
    assertFalse(without.string("model_sha256").equals(with.string("model_sha256")));
    assertFalse(without.string("pixels_sha256").equals(with.string("pixels_sha256")));
    assertEquals("the same: every pixel is as it was", Shell.raiju("replay", place("with.json")).lines().getFirst());
    assertEquals(0, Shell.raiju("generate", PROMPT, "--model", guided, "--lora", lora + ":0", "--frames", place("zero"))
        .status());
    assertEquals(without.string("pixels_sha256"), Fields.read(place("zero.json")).string("pixels_sha256"));
  }

  @Test
  void previewsAreWrittenWhileItRuns() throws IOException {
    Outcome made = Shell.raiju("generate", PROMPT, "--model", guided, "--preview", place("so-far.gif"), "--out", place("c.gif"));
    assertEquals(0, made.status(), made::err);
    byte[] preview = Files.readAllBytes(place("so-far.gif"));
    assertArrayEquals("GIF89a".getBytes(StandardCharsets.US_ASCII), Arrays.copyOf(preview, 6));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--sampler unipcc|generate: --sampler: unipcc; did you mean unipc?; needs one of euler, unipc, dpm++",
    "--shift -1|--shift: got -1; needs a number from 0.01 to 1000",
    "--lora /no/such.safetensors|--lora: there is no file /no/such",
    "--lora WRONG|lora.safetensors: 2 of 2 names belong to no layer of the model: lora_unet_blocks_9_self_attn_v.lora_",
    "--preview /no/such/a.gif|there is no folder"})
  void mistakesAreOneLine(String line, String expected) throws IOException {
    Path wrong = lora("lora_unet_blocks_9_self_attn_v");
    String[] words = line.replace("WRONG", wrong.toString()).split(" ");
    Outcome outcome = Shell.raiju("generate", PROMPT, "--model", guided, "--out", place("c.gif"), words[0], words[1]);
    assertTrue(outcome.status() == 1 || outcome.status() == 2, outcome::err);
    assertEquals(1, outcome.notes().size(), outcome::err);
    assertTrue(outcome.err().contains(expected), outcome::err);
    assertFalse(Files.exists(place("c.gif")));
  }
}
