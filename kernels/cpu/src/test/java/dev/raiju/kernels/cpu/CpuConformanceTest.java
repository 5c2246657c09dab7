package dev.raiju.kernels.cpu;

import dev.raiju.kernels.conformance.BackendConformance;
import dev.raiju.kernels.conformance.Support;
import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.Backend;

/// Every op in every type and layout on this backend, against the reference.
final class CpuConformanceTest extends BackendConformance {
  @Override
  protected Backend backend() { return new CpuBackend(3, Provider.vector().best(Emission.here())); }

  /// Softmax and its kin have kernels for lines that lie one after the other; the definition moves other axes there.
  @Override
  protected Support support() {
    Support support = Support.all().without("variance").without("squared_lengths").without("moving_average", DType.BF16,
        DType.F16);
    return support.partly("softmax").partly("log_softmax").partly("log_sum_exp").partly("layer_norm statistics").partly(
        "modulated_layer_norm").partly("norm_backward uncentred");
  }

  @Override
  protected int effort() { return 80; }

  @Override
  protected long leastCases() { return 100_000; }
}
