package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Kernels that pick or add by index. All indices are checked first, and the host waits for the answer: a bad one is refused, and
/// never read through.
final class IndexKernels {
  private static final String FILE = "indices";

  private IndexKernels() {}

  /// A kernel that looks at its indices first.
  interface Checking extends Kernel {
    Gpu gpu();

    @Override
    default boolean waits() { return gpu().checksIndices(); }
  }

  private static boolean isLong(Operand indices) { return indices.type() == DType.I64; }

  static void check(Gpu gpu, String op, Operand indices, long size) {
    long count = indices.elements();
    if (count == 0 || !gpu.checksIndices()) return;
    try (DeviceBuffer bad = gpu.allocate(Long.BYTES)) {
      gpu.launch(FILE, "check_indices", new Grid(1, 1, 1, Gpu.THREADS), Gpu.THREADS * Long.BYTES, new Arguments().whole(count)
          .whole(
              size).whole(isLong(indices) ? 1 : 0).data(indices).whole(bad.address()));
      long first = number(gpu, bad.address(), Long.BYTES);
      if (first == count) return;
      long index = number(gpu, indices.address() + first * indices.type().unitBytes(), indices.type().unitBytes());
      throw new ShapeException("%s: index %d: must be 0 to %d", op, index, size - 1);
    }
  }

  private static long number(Gpu gpu, long address, int bytes) {
    MemorySegment memory = MemorySegment.ofArray(new byte[bytes]);
    gpu.read(address, memory);
    return bytes == Long.BYTES ? memory.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) : memory.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
  }

  private static long before(Shape shape, int axis) { return shape.slice(0, axis).elements(); }

  private static long after(Shape shape, int axis) { return shape.slice(axis + 1, shape.rank()).elements(); }

  /// Whole slices; rows of a block type are decoded.
  record Gather(Gpu gpu, int axis) implements Checking {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand table = Operand.of(in.get(0));
      Operand indices = Operand.of(in.get(1));
      Operand y = Operand.of(out.getFirst());
      long size = table.shape().size(axis);
      check(gpu, "gather", indices, size);
      if (table.type().isBlock()) {
        new BlockKernels.Blocks(gpu, table.type()).gather(table, after(table.shape(), axis), size, indices, y);
        return;
      }
      gpu.launch(FILE, "gather", y.elements(), new Arguments().whole(before(table.shape(), axis)).whole(size).whole(indices
          .elements())
          .whole(after(table.shape(), axis)).data(table).data(indices).data(y).flag(isLong(indices)).number(table.type()
              .unitBytes()));
    }
  }

  /// Sums are in f32 and rounded at the end.
  record ScatterAdd(Gpu gpu, int axis) implements Checking {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand slices = Operand.of(in.get(0));
      Operand indices = Operand.of(in.get(1));
      Operand y = Operand.of(out.getFirst());
      check(gpu, "scatter_add", indices, y.shape().size(axis));
      long outer = before(y.shape(), axis);
      long inner = after(y.shape(), axis);
      try (Sums sums = new Sums(gpu, y)) {
        gpu.launch(FILE, "scatter_add", outer * inner, new Arguments().whole(outer).whole(y.shape().size(axis)).whole(indices
            .elements())
            .whole(inner).data(slices).data(indices).data(sums.wide).flag(isLong(indices)).number(slices.code()));
        sums.store();
      }
    }

    @Override
    public List<Long> scratch(List<Tensor> in, List<Tensor> out) { return Sums.scratch(out.getFirst()); }
  }

  record TakeAlong(Gpu gpu, int axis) implements Checking {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.get(0));
      Operand indices = Operand.of(in.get(1));
      Operand y = Operand.of(out.getFirst());
      check(gpu, "take_along", indices, x.shape().size(axis));
      gpu.launch(FILE, "take_along", y.elements(), along(x, y.shape(), x.shape().size(axis), axis, indices, y));
    }
  }

  record AddAlong(Gpu gpu, int axis) implements Checking {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.get(0));
      Operand indices = Operand.of(in.get(1));
      Operand y = Operand.of(out.getFirst());
      check(gpu, "add_along", indices, y.shape().size(axis));
      try (Sums sums = new Sums(gpu, y)) {
        long lines = before(y.shape(), axis) * after(y.shape(), axis);
        gpu.launch(FILE, "add_along", lines, along(x, x.shape(), y.shape().size(axis), axis, indices, sums.wide));
        sums.store();
      }
    }

    @Override
    public List<Long> scratch(List<Tensor> in, List<Tensor> out) { return Sums.scratch(out.getFirst()); }
  }

  /// @param picked the shape of the indices
  private static Arguments along(Operand from, Shape picked, long size, int axis, Operand indices, Operand to) {
    return new Arguments().whole(before(picked, axis)).whole(size).whole(picked.size(axis)).whole(after(picked, axis)).data(from)
        .data(
            indices).data(to).flag(isLong(indices)).number(from.code()).whole(from.type().unitBytes());
  }

  record FoldWindows(Gpu gpu, int axis, long step) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      Operand y = Operand.of(out.getFirst());
      gpu.launch(FILE, "fold_windows", y.elements(), new Arguments().whole(before(y.shape(), axis)).whole(x.shape().size(axis))
          .whole(
              after(y.shape(), axis)).whole(x.shape().size(-1)).whole(y.shape().size(axis)).whole(step).data(x).data(y).whole(x
                  .code()));
    }
  }

  /// Sums in f32, zero at first: the result itself, or memory beside it if it is narrower.
  private static final class Sums implements AutoCloseable {
    private final Gpu gpu;
    private final Operand result;
    private final DeviceBuffer beside;
    private final Operand wide;

    Sums(Gpu gpu, Operand result) {
      this.gpu = gpu;
      this.result = result;
      long bytes = Float.BYTES * result.elements();
      this.beside = gpu.allocate(isBeside() ? bytes : 0);
      this.wide = isBeside() ? Operand.of(beside.address(), DType.F32, result.shape()) : result;
      gpu.clear(wide.address(), bytes);
    }

    private boolean isBeside() { return result.type() != DType.F32; }

    static List<Long> scratch(Tensor result) {
      return result.dtype() == DType.F32 ? List.of() : List.of(Float.BYTES * result.shape().elements());
    }

    void store() {
      if (isBeside()) new Moving(gpu).cast(wide, result);
    }

    @Override
    public void close() { beside.close(); }
  }
}
