package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.conformance.BackendConformance;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.kernels.cpu.emit.Level;
import dev.raiju.kernels.cpu.products.ForwardingMicroKernels;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.tensor.backend.Backend;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;

/// The rows of the table that are made of products, on every provider that can be forced on this machine. How many products each
/// computed is printed.
final class ProviderConformanceTest {
  @Nested
  final class OfAvx512Bf16 extends Products {
    @Override
    Provider provider() { return emitted(Level.AVX512_BF16); }
  }

  @Nested
  final class OfAvx512 extends Products {
    @Override
    Provider provider() { return emitted(Level.AVX512); }
  }

  @Nested
  final class OfAvx2 extends Products {
    @Override
    Provider provider() { return emitted(Level.AVX2); }
  }

  @Nested
  final class OfVectors extends Products {
    @Override
    Provider provider() { return Provider.vector(); }
  }

  private static Provider emitted(Level level) {
    Emission emission = Emission.here(level);
    assumeTrue(emission.micro().isPresent(), level.label() + " cannot run here: " + emission.problem());
    return Provider.vector().emitted(level);
  }

  /// Counts products.
  private static final class Counting extends ForwardingMicroKernels {
    private final AtomicLong calls = new AtomicLong();

    Counting(MicroKernels micro) { super(micro); }

    @Override
    public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
        int columns, int depth, boolean add) {
      calls.incrementAndGet();
      super.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth, add);
    }
  }

  abstract static class Products extends BackendConformance {
    private static final List<String> FAMILIES = List.of("matmul", "linear", "feed_forward", "attention", "convolution");

    private String name = "";
    private Counting counting = new Counting(Provider.scalar().micro());

    abstract Provider provider();

    @Override
    protected Backend backend() {
      Provider provider = provider();
      counting = new Counting(provider.micro());
      CpuBackend backend = new CpuBackend(2, new Provider(provider.loops(), counting, provider.emitted()));
      name = backend.describe();
      return backend;
    }

    @Override
    protected List<OpCase> rows() {
      return OpCases.all().stream().filter(row -> FAMILIES.stream().anyMatch(row.name()::startsWith)).toList();
    }

    @Override
    protected int effort() { return 6; }

    @Override
    protected long leastCases() { return 3000; }

    @AfterAll
    final void countsCalls() {
      System.out.println("conformance: " + name + ": " + counting.calls + " products");
      assertTrue(counting.calls.get() > 10_000, () -> "only " + counting.calls);
    }
  }
}
