package dev.raiju.kernels.vulkan;

import dev.raiju.kernels.conformance.BackendConformance;
import dev.raiju.kernels.conformance.Support;
import dev.raiju.tensor.backend.Backend;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/// The table on the device of this machine: Mesa's lavapipe, where there is no GPU.
final class VulkanConformanceTest extends BackendConformance {
  @Override
  protected Backend backend() { return OnDevice.backend(); }

  /// Log-sum-exp has a kernel for the last axes; the gradient of attention has one where there is no bias. Those without run by
  /// their definitions.
  @Override
  protected Support support() {
    Support all = Support.all();
    for (String row : List.of("variance", "feed_forward hidden", "feed_forward_backward", "norm_backward",
        "norm_backward uncentred",
        "muon_step", "linear computed in i8", "squared_lengths")) {
      all = all.without(row);
    }
    return all.partly("attention_backward").partly("log_sum_exp").partly("log_softmax");
  }

  @Override
  protected int effort() { return Integer.getInteger("raiju.vulkan.effort", 2); }

  @Override
  protected long leastCases() { return 25_000; }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}
