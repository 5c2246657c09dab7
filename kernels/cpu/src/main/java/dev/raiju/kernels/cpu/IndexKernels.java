package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import java.util.List;

/// Kernels that pick or add by index. Indices are all checked before any work. Sums run in the order of the indices: a thread
/// owns whole columns of the result, so that no two write to one place.
final class IndexKernels {
  // columns of a table that one thread adds to at a time
  private static final long COLUMNS = 512;

  private IndexKernels() {}

  private static long index(Tensor indices, long i) {
    return indices.dtype() == DType.I64
        ? Cells.getLong(indices.address() + 8 * i)
        : Cells.getInt(indices.address() + 4 * i);
  }

  private static void check(Processor cpu, String op, Tensor indices, long size) {
    cpu.split(indices.shape().elements(), 1, (begin, end) -> {
      for (long i = begin; i < end; i++) {
        long index = index(indices, i);
        if (index < 0 || index >= size) throw new ShapeException("%s: index %d: must be 0 to %d", op, index, size - 1);
      }
    });
  }

  /// Whole slices; rows of a block type are decoded.
  record Gather(Processor cpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor table = in.get(0);
      Tensor indices = in.get(1);
      long size = table.size(axis);
      check(cpu, "gather", indices, size);
      long inner = table.shape().slice(axis + 1, table.rank()).elements();
      long outer = table.shape().slice(0, axis).elements();
      long picked = indices.shape().elements();
      DType type = table.dtype();
      long to = out.getFirst().address();
      if (type.isBlock()) {
        BlockPlaces blocks = BlockPlaces.of(table);
        long groups = inner / type.unit();
        cpu.split(outer * picked, Math.max(1, inner), (begin, end) -> {
          for (long i = begin; i < end; i++) {
            long row = i / picked * size + index(indices, i % picked);
            BlockTypes.decode(blocks, row * groups, to + 4 * i * inner, inner);
          }
        });
        return;
      }
      long from = table.address();
      long bytes = type.bytes(inner);
      cpu.split(outer * picked, Math.max(1, inner), (begin, end) -> {
        for (long i = begin; i < end; i++) {
          Cells.copy(from + (i / picked * size + index(indices, i % picked)) * bytes, to + i * bytes, bytes);
        }
      });
    }
  }

  /// The sums are in f32 and rounded at the end.
  record ScatterAdd(Processor cpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor slices = in.get(0);
      Tensor indices = in.get(1);
      Tensor to = out.getFirst();
      long size = to.size(axis);
      check(cpu, "scatter_add", indices, size);
      long inner = to.shape().slice(axis + 1, to.rank()).elements();
      long outer = to.shape().slice(0, axis).elements();
      long picked = indices.shape().elements();
      try (Sums sums = new Sums(cpu, to)) {
        long cuts = (inner + COLUMNS - 1) / COLUMNS;
        cpu.split(outer * cuts, picked * Math.min(inner, COLUMNS), (begin, end) -> {
          for (long i = begin; i < end; i++) {
            long column = i % cuts * COLUMNS;
            int n = (int) Math.min(COLUMNS, inner - column);
            for (long k = 0; k < picked; k++) {
              long from = slices.address() + ((i / cuts * picked + k) * inner + column) * slices.dtype().unitBytes();
              sums.add(from, (i / cuts * size + index(indices, k)) * inner + column, n);
            }
          }
        });
        sums.store();
      }
    }
  }

  record TakeAlong(Processor cpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor x = in.get(0);
      Tensor indices = in.get(1);
      check(cpu, "take_along", indices, x.size(axis));
      Lines lines = Lines.of(indices.shape(), axis);
      long size = x.size(axis);
      int bytes = x.dtype().unitBytes();
      long to = out.getFirst().address();
      cpu.split(indices.shape().elements(), 1, (begin, end) -> {
        for (long i = begin; i < end; i++) {
          long outer = i / lines.inner() / lines.size();
          long from = (outer * size + index(indices, i)) * lines.inner() + i % lines.inner();
          Cells.copy(x.address() + from * bytes, to + i * bytes, bytes);
        }
      });
    }
  }

  record AddAlong(Processor cpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor values = in.get(0);
      Tensor indices = in.get(1);
      Tensor to = out.getFirst();
      check(cpu, "add_along", indices, to.size(axis));
      Lines lines = Lines.of(values.shape(), axis);
      long size = to.size(axis);
      int bytes = values.dtype().unitBytes();
      try (Sums sums = new Sums(cpu, to)) {
        cpu.split(lines.count(), lines.size(), (begin, end) -> {
          for (long number = begin; number < end; number++) {
            for (long k = 0; k < lines.size(); k++) {
              long at = lines.begin(number) + k * lines.inner();
              long place = (number / lines.inner() * size + index(indices, at)) * lines.inner() + number % lines.inner();
              sums.add(values.address() + at * bytes, place, 1);
            }
          }
        });
        sums.store();
      }
    }
  }

  /// Sums in f32, zero at first: the result itself, or memory beside it if it is narrower.
  private static final class Sums implements AutoCloseable {
    private final Processor cpu;
    private final Tensor result;
    private final boolean isBeside;
    private final HostBuffer beside;
    private final long sums;

    Sums(Processor cpu, Tensor result) {
      this.cpu = cpu;
      this.result = result;
      this.isBeside = result.dtype() != DType.F32;
      this.beside = HostMemory.allocate(isBeside ? 4 * result.shape().elements() : 0);
      this.sums = isBeside ? beside.address() : result.address();
      long bytes = 4 * result.shape().elements();
      cpu.split(bytes, 1, (begin, end) -> Cells.clear(sums + begin, end - begin));
    }

    /// Adds `n` elements at `from` to the sums from `place` on.
    void add(long from, long place, int n) {
      long to = sums + 4 * place;
      if (!isBeside) {
        cpu.loops().binary(BinaryFunction.ADD, to, from, to, n);
      } else {
        long wide = Scratch.address(4 * COLUMNS);
        cpu.loops().widen(result.dtype(), from, wide, n);
        cpu.loops().binary(BinaryFunction.ADD, to, wide, to, n);
      }
    }

    void store() {
      if (!isBeside) return;
      int bytes = result.dtype().unitBytes();
      cpu.split(result.shape().elements(), 1, (begin, end) -> cpu.loops().narrow(result.dtype(), sums + 4 * begin, result
          .address()
          + bytes * begin, (int) (end - begin)));
    }

    @Override
    public void close() { beside.release(); }
  }
}
