package dev.raiju.kernels.cpu;

import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;

/// Finds the CPU backend, which is always there.
public final class CpuProvider implements BackendProvider {
  public CpuProvider() {}

  @Override
  public String name() { return "cpu"; }

  /// Uses as many threads as the system property `raiju.cpu.threads` says, or one for each processor.
  @Override
  public Backend open() {
    return new CpuBackend(Integer.getInteger("raiju.cpu.threads", Runtime.getRuntime().availableProcessors()));
  }
}
