package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.util.List;

/// Kernels that move, convert and make values. All take any layout.
final class MoveKernels {
  private MoveKernels() {}

  record Copy(Gpu gpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      new Moving(gpu).copy(Operand.of(in.getFirst()), Operand.of(out.getFirst()));
    }
  }

  record Cast(Gpu gpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      new Moving(gpu).cast(Operand.of(in.getFirst()), Operand.of(out.getFirst()));
    }
  }

  record Concat(Gpu gpu, int axis) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand to = Operand.of(out.getFirst());
      long start = 0;
      for (Tensor part : in) {
        new Moving(gpu).copy(Operand.of(part), to.under(to.layout().slice(axis, start, part.size(axis), 1)));
        start += part.size(axis);
      }
    }
  }

  /// What is added is written first, everywhere.
  record Pad(Gpu gpu, dev.raiju.tensor.op.Pad pad) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand from = Operand.of(in.getFirst());
      Operand to = Operand.of(out.getFirst());
      new Moving(gpu).fill(to, pad.value());
      Layout inside = to.layout().slice(pad.axis(), pad.before(), from.shape().size(pad.axis()), pad.between() + 1);
      new Moving(gpu).copy(from, to.under(inside));
    }
  }

  record Random(Gpu gpu, Distribution distribution) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      int code = switch (distribution) {
        case UNIFORM -> 0;
        case NORMAL -> 1;
        case BITS -> 2;
      };
      new Moving(gpu).random(Operand.of(in.getFirst()), Operand.of(out.getFirst()), code);
    }
  }

  /// New values for the first input.
  record Assign(Gpu gpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return index > 0 || layout.isContiguous(); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      new Moving(gpu).copy(Operand.of(in.get(1)), Operand.of(in.get(0)));
    }
  }
}
