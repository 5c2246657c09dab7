package dev.raiju.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifierTest {
  private static final Device DEVICE = Device.reference();
  private static final List<String> KINDS = List.of("ops", "rope", "int4_affine", "attn_block", "wan_dit", "wan_dit_diffusers",
      "umt5", "umt5_hf", "taehv", "wan_vae_encode", "wan_vae_decode", "schedulers", "pipeline");

  @TempDir
  private Path folder;

  static Stream<Arguments> kindsAndDevices() {
    return Goldens.devices().flatMap(device -> KINDS.stream().map(kind -> Arguments.of(kind, device)));
  }

  @ParameterizedTest
  @MethodSource("kindsAndDevices")
  void meetsTheGoldenFile(String kind, Device device) {
    long before = HostMemory.liveBuffers();
    VerifyResult result = Verifier.installed().verify(Goldens.path(kind), device);
    assertTrue(result.passed(), result::toString);
    assertEquals(before, HostMemory.liveBuffers());
  }

  @ParameterizedTest
  @ValueSource(strings = {"wan_dit", "umt5", "taehv", "schedulers"})
  void takesSizesFromTheFile(String kind) {
    VerifyResult result = verify(Goldens.path("other/" + kind));
    assertTrue(result.passed(), result::toString);
    assertTrue(result.unused() <= 1, result::toString);
  }

  /// Writes a golden file with one tensor changed.
  private Path changed(String kind, String tensor, UnaryOperator<Tensor> change) throws IOException {
    Path path = folder.resolve(kind + ".safetensors");
    try (Scope scope = Scope.open(); SafeTensors file = SafeTensors.open(Goldens.path(kind))) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : file.entries().keySet()) tensors.put(name, file.tensor(name, DEVICE));
      tensors.computeIfPresent(tensor, (_, t) -> change.apply(t));
      SafeTensors.write(path, tensors, file.metadata());
    }
    return path;
  }

  private static VerifyResult verify(Path path) { return Verifier.of(List.of(new ModelChecks())).verify(path, DEVICE); }

  @Test
  void namesTheFirstTensorThatFails() throws IOException {
    VerifyResult result = verify(changed("wan_dit", "w.blocks.0.self_attn.o.weight", t -> t.mul(1.01)));
    assertFalse(result.passed());
    assertEquals("mid.block0.self_attn", result.firstFailure().orElseThrow().name());
    assertTrue(result.toString().contains("wan_dit.safetensors: FAILED, first mid.block0.self_attn 0.0"), result::toString);
  }

  @Test
  void noticesAWrongOutput() throws IOException {
    for (var wrong : Map.of("umt5", "out.hidden", "taehv", "dec2.out.video", "schedulers", "wan_dpmpp.n10_s3.traj", "ops",
        "silu.out", "rope", "ragged.out.y", "int4_affine", "b4g32.packed_u32_as_i32", "pipeline", "out.few_video", "attn_block",
        "sa.out").entrySet()) {
      VerifyResult result = verify(changed(wrong.getKey(), wrong.getValue(), t -> t.dtype().isFloat() ? t.add(0.01) : t.add(1)));
      assertFalse(result.passed(), result::toString);
      assertEquals(wrong.getValue(), result.firstFailure().orElseThrow().name());
    }
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    Path nothing = folder.resolve("nothing.safetensors");
    SafeTensors.write(nothing, Map.of("x", Tensor.scalar(1)), Map.of());
    assertTrue(verify(nothing).toString().contains("no config in its metadata; not a golden file"), verify(nothing)::toString);
    SafeTensors.write(nothing, Map.of("x", Tensor.scalar(1)), Map.of("file", "wan_vae", "config", "{}"));
    assertTrue(verify(nothing).toString().contains("no check for kind wan_vae"), verify(nothing)::toString);
    SafeTensors.write(nothing, Map.of("x", Tensor.scalar(1)), Map.of("file", "umt5", "config", "{\"num_heads\": 2}"));
    assertTrue(verify(nothing).toString().contains("vocab_size: missing"), verify(nothing)::toString);
    assertTrue(verify(folder.resolve("absent.safetensors")).problem().isPresent());
  }

  @Test
  void lacksASibling() throws IOException {
    Path alone = folder.resolve("wan_dit_diffusers.safetensors");
    Files.copy(Goldens.path("wan_dit_diffusers"), alone);
    VerifyResult result = verify(alone);
    assertFalse(result.passed());
    assertTrue(result.problem().orElseThrow().contains("wan_dit.safetensors"), result::toString);
  }

  @Test
  void checksFoldersAndFiles() throws IOException {
    Files.copy(Goldens.path("umt5"), folder.resolve("umt5.safetensors"));
    Files.copy(Goldens.path("umt5_hf"), folder.resolve("umt5_hf.safetensors"));
    Files.writeString(folder.resolve("README.md"), "not a golden file");
    List<String> lines = new ArrayList<>();
    Verifier verifier = Verifier.installed();
    assertTrue(verifier.verify(List.of(folder, Goldens.path("rope")), DEVICE, result -> lines.add(result.toString())));
    assertEquals(3, lines.size());
    assertTrue(lines.getFirst().matches(".*umt5\\.safetensors: ok, worst \\S+ \\S+ \\(at most \\S+\\), \\d+ compared"),
        lines::getFirst);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertFalse(verifier.verify(List.of(empty), DEVICE, _ -> {}));
  }

  @Test
  void othersMayAddChecks() {
    GoldenChecks more = () -> Map.of("rope", (golden, results) -> results.check("d24.g_in.x", golden.tensor("d24.g_in.x"), 0));
    VerifyResult result = Verifier.of(List.of(new ModelChecks(), more)).verify(Goldens.path("rope"), DEVICE);
    assertEquals("d24.g_in.x", result.entries().getLast().name());
    assertTrue(result.passed());
    assertTrue(result.unused() > 0);
  }
}
