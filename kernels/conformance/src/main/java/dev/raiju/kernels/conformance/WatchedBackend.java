package dev.raiju.kernels.conformance;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A backend that counts what is asked of another, remembers the memory that it gave, and fails when told to.
class WatchedBackend implements Backend {
  /// Memory that was refused, or a kernel that broke, on purpose.
  static final class PlannedFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    PlannedFailure(String what) { super(what + " failed as planned"); }
  }

  /// The same for backends that compute in host memory, which the engine must be able to tell.
  private static final class OnHost extends WatchedBackend implements HostBackend {
    OnHost(Backend backend) { super(backend); }

    @Override
    public Buffer allocate(long bytes) { return super.allocate(bytes); }

    @Override
    public void write(Buffer target, long offset, MemorySegment source) { super.write(target, offset, source); }

    @Override
    public void read(Buffer source, long offset, MemorySegment target) { super.read(source, offset, target); }
  }

  private final Backend backend;
  private final List<Buffer> given = new ArrayList<>();
  private boolean remembers;
  private long allocations;
  private long runs;
  private long failingAllocation = -1;
  private long failingRun = -1;

  private WatchedBackend(Backend backend) { this.backend = backend; }

  static WatchedBackend over(Backend backend) {
    return backend instanceof HostBackend ? new OnHost(backend) : new WatchedBackend(backend);
  }

  Backend backend() { return backend; }

  /// Starts counting from 0 and forgets failures.
  void restart() {
    allocations = 0;
    runs = 0;
    failingAllocation = -1;
    failingRun = -1;
    given.clear();
    remembers = true;
  }

  /// Stops remembering memory.
  void rest() {
    restart();
    remembers = false;
  }

  /// The allocation with this number, from 1 on, will fail.
  void failAllocation(long number) { failingAllocation = number; }

  /// The kernel with this number, from 1 on, will run and then fail.
  void failRun(long number) { failingRun = number; }

  long allocations() { return allocations; }

  long runs() { return runs; }

  /// How many of the buffers given since the restart are still owned by somebody.
  long held() { return given.stream().filter(buffer -> buffer.owners() > 0).count(); }

  @Override
  public String name() { return backend.name(); }

  @Override
  public String describe() { return backend.describe(); }

  @Override
  public Buffer allocate(long bytes) {
    if (++allocations == failingAllocation) throw new PlannedFailure("allocation");
    Buffer buffer = backend.allocate(bytes);
    if (remembers) given.add(buffer);
    return buffer;
  }

  @Override
  public void write(Buffer target, long offset, MemorySegment source) { backend.write(target, offset, source); }

  @Override
  public void read(Buffer source, long offset, MemorySegment target) { backend.read(source, offset, target); }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) { return backend.kernel(op, in).map(WatchedKernel::new); }

  private final class WatchedKernel implements Kernel {
    private final Kernel kernel;

    WatchedKernel(Kernel kernel) { this.kernel = kernel; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      long number = ++runs;
      kernel.run(in, out);
      if (number == failingRun) throw new PlannedFailure("kernel");
    }

    @Override
    public boolean takes(int index, Layout layout) { return kernel.takes(index, layout); }

    @Override
    public Layout layout(int index, Spec out, List<Layout> in) { return kernel.layout(index, out, in); }
  }
}
