package dev.raiju.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatChecksTest {
  private static final Path FORMATS = Goldens.path("wan_dit").resolveSibling("formats");

  @TempDir
  private Path folder;

  private static VerifyResult verify(Path path) { return Verifier.of(List.of()).verify(path, Device.named("cpu")); }

  @ParameterizedTest
  @CsvSource({"weights.pth, 15", "nested.pth, 15", "sharded, 15", "fp8.safetensors, 4", "quants.gguf, 13", "hostile_eval.pth, 1",
    "hostile_system.pth, 1", "legacy.pth, 1"})
  void meetsTheReferenceBesideIt(String name, int compared) throws IOException {
    assertTrue(Verifier.isChecked(FORMATS.resolve(name)));
    assertEquals(Optional.empty(), Verifier.companion(FORMATS.resolve(name)));
    VerifyResult result = verify(FORMATS.resolve(name));
    assertTrue(result.passed(), result::toString);
    assertEquals(compared, result.entries().size());
  }

  @ParameterizedTest
  @CsvSource({"fp8_expected, what fp8.safetensors must hold", "quants_expected, what quants.gguf must hold",
    "'weights', 'what hostile_eval.pth, hostile_system.pth, legacy.pth, nested.pth, sharded, weights.pth must hold'"})
  void referencesAreNotCheckedThemselves(String name, String role) throws IOException {
    assertEquals(Optional.of(role), Verifier.companion(FORMATS.resolve(name + ".safetensors")));
  }

  @Test
  void oneChangedValueFails() throws IOException {
    for (String name : List.of("quants.gguf", "quants_expected.safetensors"))
      Files.copy(FORMATS.resolve(name), folder.resolve(
          name));
    byte[] bytes = Files.readAllBytes(folder.resolve("quants.gguf"));
    // a code of w.q4_k, which lies at 37472 behind the data's begin
    bytes[896 + 37472 + 40] ^= 1;
    Files.write(folder.resolve("quants.gguf"), bytes);
    VerifyResult result = verify(folder.resolve("quants.gguf"));
    assertFalse(result.passed());
    assertEquals("w.q4_k", result.firstFailure().orElseThrow().name());
  }

  @Test
  void aHostileFileMustBeRefused() throws IOException {
    Files.copy(FORMATS.resolve("weights.safetensors"), folder.resolve("weights.safetensors"));
    Files.copy(FORMATS.resolve("weights.pth"), folder.resolve("hostile.pth"));
    Files.copy(FORMATS.resolve("hostile_eval.pth"), folder.resolve("other.pth"));
    assertTrue(verify(folder.resolve("hostile.pth")).toString().contains("was not refused"));
    assertTrue(verify(folder.resolve("other.pth")).toString().contains("asks for __builtin__.eval"));
    Files.delete(folder.resolve("weights.safetensors"));
    Files.move(folder.resolve("hostile.pth"), folder.resolve("alone.pth"));
    assertTrue(verify(folder.resolve("alone.pth")).toString().contains("nothing to compare with"));
  }
}
