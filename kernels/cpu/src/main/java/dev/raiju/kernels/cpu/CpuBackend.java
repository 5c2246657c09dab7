package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Op;
import java.util.List;
import java.util.Optional;

/// Tensors in host memory, kernels on all cores.
///
/// Results in f32 have the same bits for any number of threads, any vector width, and without the vector module: work is split
/// by shape, sums run in a fixed order, functions are our own polynomials.
public final class CpuBackend implements HostBackend {
  private final WorkerPool pool;

  /// A backend with a pool of `threads` threads, the caller's included.
  public CpuBackend(int threads) { this.pool = new WorkerPool(threads); }

  @Override
  public String name() { return "cpu"; }

  @Override
  public String describe() { return pool.threads() + " threads"; }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) { return Optional.empty(); }
}
