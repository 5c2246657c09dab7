package dev.raiju.tensor.graph;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.backend.BlockPool.Block;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Chooses kernels as another backend does, and runs none.
///
/// @param real whose kernels are chosen
/// @param pool counts as that backend's own does
/// @param remembers whether what code writes into tensors is kept
/// @param formBytes of the pool, for forms that kernels keep with tensors
record PlanningBackend(HostBackend real, BlockPool<Long> pool, boolean remembers, AtomicLong formBytes) implements HostBackend {
  PlanningBackend(HostBackend real) { this(real, false); }

  private PlanningBackend(HostBackend real, boolean remembers) {
    this(real, new BlockPool<>(new Nowhere()), remembers, new AtomicLong());
  }

  /// One that keeps what is written into its tensors.
  static PlanningBackend remembering(HostBackend real) { return new PlanningBackend(real, true); }

  @Override
  public String name() { return "plan of " + real.name(); }

  @Override
  public String describe() { return "counts what " + real.name() + " would use, computes nothing"; }

  @Override
  public Buffer allocate(long bytes) { return new Planned(pool, pool.take(bytes)); }

  @Override
  public void releaseUnused() { pool.releaseUnused(); }

  @Override
  public void write(Buffer target, long offset, MemorySegment source) {
    if (!remembers) return;
    MemorySegment.copy(source, 0, ((Planned) target).contents(), offset, source.byteSize());
  }

  /// What was written into a buffer, if anything was.
  Optional<MemorySegment> contents(Buffer buffer) {
    return buffer instanceof Planned planned ? Optional.ofNullable(planned.contents) : Optional.empty();
  }

  @Override
  public void read(Buffer source, long offset, MemorySegment target) {
    throw new IllegalStateException("read: " + name() + " has no values");
  }

  @Override
  public boolean hasValues() { return false; }

  @Override
  public boolean narrowsAttention(List<Spec> in) { return real.narrowsAttention(in); }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) { return real.kernel(op, in).map(kernel -> new Counted(kernel, this)); }

  /// Memory that is a number of bytes.
  private static final class Nowhere implements BlockPool.Source<Long> {
    @Override
    public Long map(long bytes, long held) { return bytes; }

    @Override
    public Long slice(Long memory, long offset, long bytes) { return bytes; }
  }

  private static final class Planned extends Buffer {
    private final BlockPool<Long> pool;
    private final Block<Long> block;
    private @Nullable MemorySegment contents;

    Planned(BlockPool<Long> pool, Block<Long> block) {
      this.pool = pool;
      this.block = block;
    }

    @Override
    public long bytes() { return block.bytes(); }

    MemorySegment contents() {
      MemorySegment known = contents;
      if (known == null) contents = known = MemorySegment.ofArray(new long[Math.toIntExact((block.bytes() + 7) / 8)]);
      return known;
    }

    @Override
    protected void free() { pool.giveBack(block); }
  }

  /// A form of the contents of a tensor.
  private static final class PlannedForm extends Buffer {
    private final PlanningBackend backend;
    private final Block<Long> block;

    PlannedForm(PlanningBackend backend, long bytes) {
      this.backend = backend;
      this.block = backend.pool.take(bytes);
      backend.formBytes.addAndGet(block.bytes());
    }

    @Override
    public long bytes() { return block.bytes(); }

    @Override
    protected void free() {
      backend.formBytes.addAndGet(-block.bytes());
      backend.pool.giveBack(block);
    }
  }

  /// A kernel that takes what the real one would, and gives it back but for what is kept with its inputs.
  private record Counted(Kernel real, PlanningBackend backend) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      for (Form form : real.forms(in, out)) {
        in.get(form.input()).buffer().form(form.key(), () -> new PlannedForm(backend, form.bytes())).release();
      }
      List<Block<Long>> scratch = real.scratch(in, out).stream().map(backend.pool::take).toList();
      scratch.forEach(backend.pool::giveBack);
    }

    @Override
    public List<Form> forms(List<Tensor> in, List<Tensor> out) { return real.forms(in, out); }

    @Override
    public boolean takes(int index, Layout layout) { return real.takes(index, layout); }

    @Override
    public List<Long> scratch(List<Tensor> in, List<Tensor> out) { return real.scratch(in, out); }

    @Override
    public Layout layout(int index, Spec out, List<Layout> in) { return real.layout(index, out, in); }
  }
}
