package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.verify.Verifier;
import dev.raiju.models.verify.VerifyResult;
import dev.raiju.tensor.Device;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What `raiju verify --device cuda` checks, on the stand-in: whole models against what another implementation computed.
class GoldensTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  private static final Path GOLDENS = ROOT.resolve("models/src/test/resources/golden");
  private static final Path OF_TRAINING = ROOT.resolve("training/src/test/resources/golden");

  @ParameterizedTest
  @ValueSource(strings = {"attn_block", "int4_affine", "ops", "pipeline", "rope", "schedulers", "taehv", "umt5", "wan_dit",
    "wan_dit_diffusers"})
  void passes(String name) throws Exception { check(GOLDENS, name); }

  /// The optimiser, the scores for pruning, and the losses of distillation, with their gradients.
  @ParameterizedTest
  @ValueSource(strings = {"adamw", "dmd", "taylor_scores"})
  void trainsAsElsewhere(String name) throws Exception { check(OF_TRAINING, name); }

  private static void check(Path folder, String name) throws Exception {
    long begin = System.nanoTime();
    VerifyResult result = Verifier.installed().verify(folder.resolve(name + ".safetensors"), Device.of(StandIn.backend()));
    assertTrue(result.passed() && !result.entries().isEmpty(), name + ": " + result.firstFailure() + " " + result.problem());
    System.out.printf("cuda: %s: %d compared, %.1f s%n", name, result.entries().size(), (System.nanoTime() - begin) / 1e9);
  }
}
