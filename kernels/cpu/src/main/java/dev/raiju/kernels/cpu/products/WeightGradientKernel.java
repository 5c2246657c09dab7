package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// What a convolution's weight receives: for each tap the product of the inputs under it with the outputs, summed over pixels.
record WeightGradientKernel(Products products, Window window) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.get(0);
    Tensor dy = in.get(1);
    Tensor dw = out.getFirst();
    if (dw.shape().elements() == 0) return;
    Axis[] axes = new Axis[3];
    for (int back = 1; back <= 3; back++) {
      int i = window.axes() - back;
      axes[3 - back] = i < 0
          ? Axis.forward(window, i, 1, 1, 1)
          : Axis.forward(window, i, x.size(-back), dw.size(-back), dy.size(-back));
    }
    Sweep sweep = Sweep.of(Grid.of(x), Math.toIntExact(x.size(0)), axes[0], axes[1], axes[2], Math.toIntExact(x.size(1)));
    try (Scratch scratch = new Scratch()) {
      new WeightGradient(products, sweep, Grid.of(dy), window.groups(), Math.toIntExact(dw.size(1)), Math.toIntExact(dw.size(0)),
          scratch).run(dw);
    }
  }
}
