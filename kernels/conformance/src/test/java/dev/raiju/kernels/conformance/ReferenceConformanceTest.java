package dev.raiju.kernels.conformance;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.Backend;

/// The reference device as a backend: its f32, bf16 and f16 results are its f64 ones, rounded, and every definition keeps to the
/// bounds of its row.
class ReferenceConformanceTest extends BackendConformance {
  @Override
  protected Backend backend() { return Device.reference().backend(); }

  @Override
  protected Support support() { return ExampleBackendTest.loops(); }

  @Override
  protected int effort() { return 24; }

  @Override
  protected long leastCases() { return 45_000; }

  @Override
  protected long mostElements() { return Integer.MAX_VALUE; }
}
