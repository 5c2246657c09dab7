package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Reduce.Kind;
import java.util.ArrayList;
import java.util.List;

/// Reductions, and what runs along single axes.
final class ReduceKernels {
  private static final String FILE = "reductions";

  private ReduceKernels() {}

  record Reduce(Gpu gpu, dev.raiju.tensor.op.Reduce op) implements Kernel {
    // from here on a whole block shares the terms of one result
    private static final long LONG = 64;
    // a 64-bit number for each warp
    private static final int SHARED_BYTES = Gpu.THREADS / 32 * Long.BYTES;

    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      Operand y = Operand.of(out.getFirst());
      Strided reduced = axes(x.layout(), true);
      Strided kept = axes(x.layout(), false);
      long terms = 1;
      for (long size : reduced.sizes()) terms *= size;
      boolean isWhole = x.type().isInteger();
      var arguments = new Arguments().whole(y.elements()).whole(terms).data(x).data(y).number(x.code()).number(join(op.kind()))
          .flag(isWhole).number(kept.rank()).whole(reduced.rank()).axes(kept.sizes()).axes(kept.of(0)).axes(reduced.sizes()).axes(
              reduced.of(0));
      if (terms < LONG) {
        gpu.launch(FILE, "reduce_short", y.elements(), arguments);
      } else {
        int blocks = Math.toIntExact(y.elements());
        gpu.launch(FILE, "reduce_long", new Grid(blocks, 1, 1, Gpu.THREADS), isWhole ? SHARED_BYTES : SHARED_BYTES / 2,
            arguments);
      }
    }

    private Strided axes(Layout layout, boolean isReduced) {
      List<Long> sizes = new ArrayList<>();
      List<Long> strides = new ArrayList<>();
      for (int axis = 0; axis < layout.shape().rank(); axis++) {
        if (op.axes().contains(axis) != isReduced) continue;
        sizes.add(layout.shape().size(axis));
        strides.add(layout.stride(axis));
      }
      return Strided.of(sizes.stream().mapToLong(Long::longValue).toArray(), List.of(strides.stream().mapToLong(Long::longValue)
          .toArray()));
    }

    private static int join(Kind kind) {
      return switch (kind) {
        case SUM -> 0;
        case MAX -> 1;
        case MIN -> 2;
      };
    }
  }

  /// The lines along an axis of a contiguous tensor, as the kernels count them.
  private static Arguments lines(Shape shape, int axis, Operand in, long out, long places, boolean reverse) {
    long inner = shape.slice(axis + 1, shape.rank()).elements();
    long size = shape.size(axis);
    long lines = shape.slice(0, axis).elements() * inner;
    return new Arguments().whole(lines).whole(size).whole(inner).data(in).whole(out).whole(places).number(in.code()).flag(in
        .type()
        .isInteger()).whole(reverse ? 1 : 0);
  }

  record ArgMax(Gpu gpu, int axis) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      gpu.launch(FILE, "arg_max", out.getFirst().shape().elements(), lines(x.shape(), axis, x, 0, Operand.of(out.getFirst())
          .address(), false));
    }
  }

  record CumulativeSum(Gpu gpu, int axis, boolean reverse) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      if (x.elements() == 0) return;
      gpu.launch(FILE, "cumulative_sum", x.elements() / x.shape().size(axis), lines(x.shape(), axis, x, Operand.of(out.getFirst())
          .address(), 0, reverse));
    }
  }

  record Sort(Gpu gpu, int axis, boolean descending) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      gpu.launch(FILE, "sort", x.elements(), lines(x.shape(), axis, x, Operand.of(out.get(0)).address(), Operand.of(out.get(1))
          .address(), descending));
    }
  }
}
