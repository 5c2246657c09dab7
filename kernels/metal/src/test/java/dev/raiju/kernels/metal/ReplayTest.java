package dev.raiju.kernels.metal;

import dev.raiju.kernels.conformance.ReplayConformance;
import dev.raiju.tensor.backend.Backend;

/// Plans on the stand-in.
class ReplayTest extends ReplayConformance {
  @Override
  protected Backend backend() { return StandIn.backend(); }
}
