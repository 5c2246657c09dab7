package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The place of the largest element and running sums, line by line.
final class LineKernels {
  private LineKernels() {}

  private static MemorySegment memory(Tensor t) { return HostMemory.ALL.asSlice(t.address(), t.spec().bytes()); }

  record ArgMax(Processor cpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      Lines lines = Lines.of(from.shape(), axis);
      boolean isRow = from.dtype() == DType.F32 && lines.inner() == 1;
      cpu.split(lines.count(), lines.size(), (begin, end) -> {
        for (long number = begin; number < end; number++) {
          long place = isRow ? row(from.address() + 4 * lines.begin(number), lines.size()) : line(from, lines, number);
          Cells.setLong(out.getFirst().address() + 8 * number, place);
        }
      });
    }

    /// Finds the maximum first and then the first element that equals it.
    private long row(long x, long size) {
      int n = Math.toIntExact(size);
      float max = cpu.loops().max(x, n);
      for (long k = 0; k < n; k++) {
        float value = Cells.getFloat(x + 4 * k);
        if (value == max || Float.isNaN(value)) return k;
      }
      throw new IllegalStateException("arg_max: the maximum is not in its row");
    }

    private static long line(Tensor from, Lines lines, long number) {
      MemorySegment memory = memory(from);
      boolean isWhole = from.dtype().isInteger();
      long begin = lines.begin(number);
      long best = 0;
      for (long k = 1; k < lines.size(); k++) {
        long at = begin + k * lines.inner();
        long top = begin + best * lines.inner();
        boolean isLarger = isWhole
            ? Elements.getLong(from.dtype(), memory, at) > Elements.getLong(from.dtype(), memory, top)
            : isLarger(Elements.getDouble(from.dtype(), memory, at), Elements.getDouble(from.dtype(), memory, top));
        if (isLarger) best = k;
      }
      return best;
    }

    private static boolean isLarger(double value, double top) { return value > top || Double.isNaN(value) && !Double.isNaN(top); }
  }

  /// Sums run in f64, one element after the other, and are rounded when stored.
  record CumulativeSum(Processor cpu, int axis, boolean reverse) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      Lines lines = Lines.of(from.shape(), axis);
      MemorySegment source = memory(from);
      MemorySegment target = memory(out.getFirst());
      DType type = from.dtype();
      cpu.split(lines.count(), lines.size(), (begin, end) -> {
        for (long number = begin; number < end; number++) {
          long first = lines.begin(number) + (reverse ? (lines.size() - 1) * lines.inner() : 0);
          long step = reverse ? -lines.inner() : lines.inner();
          if (type.isInteger()) wholes(type, source, target, first, step, lines.size());
          else
            floats(type, source, target, first, step, lines.size());
        }
      });
    }

    private static void wholes(DType type, MemorySegment source, MemorySegment target, long first, long step, long n) {
      long sum = 0;
      for (long k = 0; k < n; k++) {
        sum += Elements.getLong(type, source, first + k * step);
        Elements.setLong(type, target, first + k * step, sum);
      }
    }

    private static void floats(DType type, MemorySegment source, MemorySegment target, long first, long step, long n) {
      double sum = 0;
      for (long k = 0; k < n; k++) {
        double value = Elements.getDouble(type, source, first + k * step);
        sum = k == 0 ? value : sum + value;
        Elements.setDouble(type, target, first + k * step, sum);
      }
    }
  }

  /// Each element of the result adds up the windows that cover it, in their order.
  record FoldWindows(Processor cpu, dev.raiju.tensor.op.FoldWindows op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      Tensor to = out.getFirst();
      DType type = from.dtype();
      MemorySegment source = memory(from);
      MemorySegment target = memory(to);
      long size = from.size(-1);
      long windows = from.size(op.axis());
      Lines lines = Lines.of(to.shape(), op.axis());
      cpu.split(to.shape().elements(), 4, (begin, end) -> {
        for (long i = begin; i < end; i++) {
          long inner = i % lines.inner();
          long place = i / lines.inner() % lines.size();
          long outer = i / lines.inner() / lines.size();
          double sum = 0;
          for (long w = Math.max(0, (place - size + op.step()) / op.step()); w < windows && w * op.step() <= place; w++) {
            sum += Elements.getDouble(type, source, ((outer * windows + w) * lines.inner() + inner) * size + place - w * op
                .step());
          }
          Elements.setDouble(type, target, i, sum);
        }
      });
    }
  }
}
