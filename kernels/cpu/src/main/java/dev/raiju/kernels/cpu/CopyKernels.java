package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Kernels that move values and compute nothing. All take any layout.
final class CopyKernels {
  private CopyKernels() {}

  record Copy(Processor cpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor to = out.getFirst();
      Copying.copy(cpu, in.getFirst(), to, to.layout());
    }
  }

  record Concat(Processor cpu, int axis) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public Layout layout(int index, Spec out, List<Layout> in) { return MemoryOrder.of(out.shape(), in); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor to = out.getFirst();
      long start = 0;
      for (Tensor part : in) {
        Copying.copy(cpu, part, to, to.layout().slice(axis, start, part.size(axis), 1));
        start += part.size(axis);
      }
    }
  }

  /// What is added is written first, everywhere.
  record Pad(Processor cpu, dev.raiju.tensor.op.Pad pad) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public Layout layout(int index, Spec out, List<Layout> in) { return MemoryOrder.of(out.shape(), in); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      Tensor to = out.getFirst();
      Filling.fill(cpu, to, pad.value());
      Copying.copy(cpu, from, to, to.layout().slice(pad.axis(), pad.before(), from.size(pad.axis()), pad.between() + 1));
    }
  }

  /// New values for the first input.
  record Assign(Processor cpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return index > 0 || layout.isContiguous(); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor to = in.getFirst();
      Copying.copy(cpu, in.get(1), to, to.layout());
    }
  }
}
