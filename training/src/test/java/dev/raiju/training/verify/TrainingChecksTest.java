package dev.raiju.training.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.verify.Comparison;
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
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingChecksTest {
  private static final List<String> WHOLE = List.of("taylor_scores", "adamw", "wan_dit_grads", "prune_stage1", "dmd");
  /// What is beside gradients in these, the models check.
  private static final List<String> GRADIENTS = List.of("ops", "rope", "attn_block", "taehv");

  @TempDir
  private Path folder;

  private static Path path(String kind) {
    try {
      return Path.of(TrainingChecksTest.class.getResource("/golden/" + kind + ".safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Stream<Arguments> onDevices(List<String> kinds) {
    return Stream.of(Device.reference(), Device.best()).distinct().flatMap(device -> kinds.stream().map(kind -> Arguments.of(kind,
        device)));
  }

  static Stream<Arguments> whole() { return onDevices(WHOLE); }

  static Stream<Arguments> gradients() { return onDevices(GRADIENTS); }

  @ParameterizedTest
  @MethodSource("whole")
  void meetsTheWholeFile(String kind, Device device) {
    long before = HostMemory.liveBuffers();
    VerifyResult result = Verifier.installed().verify(path(kind), device);
    assertTrue(result.passed(), result::toString);
    assertEquals(0, result.unused(), result::toString);
    assertEquals(before, HostMemory.liveBuffers());
  }

  @ParameterizedTest
  @MethodSource("gradients")
  void meetsAllGradients(String kind, Device device) throws IOException {
    VerifyResult result = Verifier.of(List.of(new TrainingChecks())).verify(path(kind), device);
    assertTrue(result.passed(), result::toString);
    try (SafeTensors file = SafeTensors.open(path(kind))) {
      Set<String> expected = file.entries().keySet().stream().filter(name -> name.matches("(.*\\.)?(g|g_in)\\..*")).collect(
          Collectors.toSet());
      assertEquals(expected, result.entries().stream().map(Comparison.Entry::name).collect(Collectors.toSet()));
    }
  }

  /// Wrong results of the other implementation are all noticed, and nothing else.
  @ParameterizedTest
  @CsvSource({
    "taylor_scores, out.gram out.row_with_bias out.head out.order",
    "wan_dit_grads, out.loss g.patch_embedding.bias g.blocks.1.cross_attn.norm_k.weight g_in.x_t g_in.context",
    "prune_stage1, gram.blocks.1.ffn.0 score.blocks.2.cross_attn.v.row_with_bias score.blocks.0.self_attn.head_v keep.blocks.1.ffn "
        + "w_pruned.blocks.1.self_attn.o.weight out.v_pruned s1.out.layer_mse.1 s1.out.loss_total s1.g.blocks.0.ffn.2.weight "
        + "s1.out.grad_norm_all",
    "dmd, mid.backward_simulation mid.generator_v mid.normalizer mid.real_x0_cfg out.dm_grad gG.head.head.bias out.generator_loss "
        + "out.generator_grad_norm mid.critic_v gF.blocks.1.norm3.weight out.critic_loss",
    "ops, conv3d_causal_k3.g.w silu.g.x", "rope, d24.g_in.x", "attn_block, g.modulation g_in.e sa.g.norm_k.weight sa.g_in.x",
    "taehv, grad.g.3.conv.0.weight grad.g_in.latent", "adamw, clip1.g1 clip10.norm ema"})
  void noticesWrongNumbers(String kind, String tensors) throws IOException {
    Set<String> names = Set.of(tensors.split(" "));
    assertEquals(names, failures(kind, names));
  }

  @Test
  void noticesWrongOptimizerSteps() throws IOException {
    assertEquals(Set.of("stage2.v[4]"), failures("adamw", Set.of("stage2.v")));
    // a parameter is where the next step begins
    assertEquals(Set.of("dmd_gen[1].update", "dmd_gen[1].p", "dmd_gen[2].update"), failures("adamw", Set.of("dmd_gen.p")));
  }

  @Test
  void namesTheFirstTensorThatFails() throws IOException {
    VerifyResult result = verify(changed("dmd", Set.of("in.dm_noise")));
    assertEquals("mid.dm_noisy", result.firstFailure().orElseThrow().name());
  }

  private Set<String> failures(String kind, Set<String> tensors) throws IOException {
    VerifyResult result = verify(changed(kind, tensors));
    assertTrue(result.problem().isEmpty(), result::toString);
    return result.entries().stream().filter(entry -> !entry.passed()).map(Comparison.Entry::name).collect(Collectors.toSet());
  }

  private static VerifyResult verify(Path path) { return Verifier.of(List.of(new TrainingChecks())).verify(path, Device.best()); }

  /// A golden file with the largest number of each of these tensors made 2 % larger, or a whole number one.
  private Path changed(String kind, Set<String> names) throws IOException {
    Path path = folder.resolve(kind + ".safetensors");
    Files.copy(path("wan_dit"), folder.resolve("wan_dit.safetensors"), StandardCopyOption.REPLACE_EXISTING);
    try (Scope scope = Scope.open(); SafeTensors file = SafeTensors.open(path(kind))) {
      assertTrue(file.entries().keySet().containsAll(names), () -> kind + " has not all of " + names);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : file.entries().keySet()) {
        Tensor t = file.tensor(name, Device.reference());
        tensors.put(name, names.contains(name) ? wrong(t) : t);
      }
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
