package dev.raiju.training.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.verify.Verifier;
import dev.raiju.models.verify.VerifyResult;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingChecksTest {
  private static final List<String> KINDS = List.of("taylor_scores", "adamw", "wan_dit_grads", "prune_stage1", "dmd");

  @TempDir
  private Path folder;

  private static Path path(String kind) {
    try {
      return Path.of(TrainingChecksTest.class.getResource("/golden/" + kind + ".safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Stream<Arguments> kindsAndDevices() {
    return Stream.of(Device.reference(), Device.best()).distinct().flatMap(device -> KINDS.stream().map(kind -> Arguments.of(kind,
        device)));
  }

  @ParameterizedTest
  @MethodSource("kindsAndDevices")
  void meetsTheGoldenFile(String kind, Device device) {
    long before = HostMemory.liveBuffers();
    VerifyResult result = Verifier.installed().verify(path(kind), device);
    assertTrue(result.passed(), result::toString);
    assertEquals(0, result.unused(), result::toString);
    assertEquals(before, HostMemory.liveBuffers());
  }

  /// One wrong number, and the first tensor that shows it.
  @ParameterizedTest
  @CsvSource({
    "taylor_scores, out.row_with_bias, out.row_with_bias", "taylor_scores, in.X, out.gram", "taylor_scores, out.order, out.order",
    "adamw, dmd_gen.p, dmd_gen[1].update", "adamw, stage2.v, stage2.v[4]", "adamw, clip1.g1, clip1.g1", "adamw, ema, ema",
    "wan_dit_grads, out.loss, out.loss", "wan_dit_grads, g.patch_embedding.bias, g.patch_embedding.bias",
    "wan_dit_grads, g_in.context, g_in.context", "prune_stage1, gram.blocks.1.ffn.0, gram.blocks.1.ffn.0",
    "prune_stage1, keep.blocks.1.ffn, keep.blocks.1.ffn",
    "prune_stage1, w_pruned.blocks.1.self_attn.o.weight, w_pruned.blocks.1.self_attn.o.weight",
    "prune_stage1, s1.out.layer_mse.1, s1.out.layer_mse.1",
    "prune_stage1, s1.g.blocks.0.ffn.2.weight, s1.g.blocks.0.ffn.2.weight", "dmd, in.z, mid.backward_simulation",
    "dmd, mid.dm_timestep, mid.dm_timestep", "dmd, mid.normalizer, mid.normalizer", "dmd, out.dm_grad, out.dm_grad",
    "dmd, gG.head.head.bias, gG.head.head.bias", "dmd, gF.blocks.1.norm3.weight, gF.blocks.1.norm3.weight"})
  void noticesOneWrongNumber(String kind, String tensor, String first) throws IOException {
    VerifyResult result = Verifier.of(List.of(new TrainingChecks())).verify(changed(kind, tensor), Device.best());
    assertFalse(result.passed(), result::toString);
    assertEquals(first, result.firstFailure().orElseThrow(() -> new AssertionError(result.toString())).name());
  }

  /// A golden file with the largest number of one tensor made 2 % larger, or a whole number one.
  private Path changed(String kind, String name) throws IOException {
    Path path = folder.resolve(kind + ".safetensors");
    Files.copy(path("wan_dit"), folder.resolve("wan_dit.safetensors"));
    try (Scope scope = Scope.open(); SafeTensors file = SafeTensors.open(path(kind))) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String entry : file.entries().keySet()) tensors.put(entry, file.tensor(entry, Device.reference()));
      tensors.computeIfPresent(name, (_, t) -> wrong(t));
      SafeTensors.write(path, tensors, file.metadata());
    }
    return path;
  }

  private static Tensor wrong(Tensor t) {
    double[] values = t.toDoubles();
    int largest = 0;
    for (int i = 0; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[largest])) largest = i;
    values[largest] = t.dtype().isFloat() ? values[largest] * 1.02 : values[largest] + 1;
    return Tensor.of(values, t.shape().sizes()).to(t.dtype());
  }
}
