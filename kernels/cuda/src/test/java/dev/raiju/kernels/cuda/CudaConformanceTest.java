package dev.raiju.kernels.cuda;

import dev.raiju.kernels.conformance.BackendConformance;
import dev.raiju.kernels.conformance.Support;
import dev.raiju.tensor.backend.Backend;
import java.util.List;

/// The table on the stand-in: the host as it is, and the kernels' own sources in three orders of threads by turns.
final class CudaConformanceTest extends BackendConformance {
  @Override
  protected Backend backend() { return StandIn.backend(); }

  /// Log-sum-exp has a kernel for the last axes; the gradient of attention has one where there is no bias. Those without run by
  /// their definitions.
  @Override
  protected Support support() {
    Support all = Support.all();
    for (String row : List.of("variance", "feed_forward hidden", "feed_forward_backward", "norm_backward",
        "norm_backward uncentred",
        "linear computed in i8")) {
      all = all.without(row);
    }
    return all.partly("attention_backward").partly("log_sum_exp").partly("log_softmax");
  }

  // a launch costs thousands of times what it does on a device
  @Override
  protected int effort() { return Integer.getInteger("raiju.cuda.effort", 2); }

  @Override
  protected long leastCases() { return 12_500L * effort(); }
}
