package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.products.ProductKernels;
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
  private final Processor cpu;
  private final LoopKernels loops;
  private final ProductKernels products;
  private final String description;

  /// A backend with a pool of `threads` threads, the caller's included.
  ///
  /// @throws IllegalArgumentException if the system property `raiju.cpu.provider` names no provider, or one that cannot run here
  public CpuBackend(int threads) { this(threads, Provider.choose()); }

  CpuBackend(int threads, Provider provider) {
    this.cpu = new Processor(new WorkerPool(threads), provider.loops());
    this.loops = new LoopKernels(cpu);
    this.products = new ProductKernels(provider.micro(), provider.loops(), cpu.pool());
    String lanes = provider.loops().lanes() > 1 ? ", " + provider.loops().lanes() + " lanes of f32" : "";
    String emitted = provider.emitted().map(features -> ", emitted products for " + features).orElse("");
    this.description = provider.loops().provider() + " loops" + lanes + emitted + ", " + threads + " threads";
  }

  @Override
  public String name() { return "cpu"; }

  @Override
  public String describe() { return description; }

  @Override
  public boolean narrowsAttention(List<Spec> in) { return products.narrowsAttention(in); }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) { return loops.find(op, in).or(() -> products.find(op, in)); }
}
