package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// The transposed convolution. With strides, inputs that lie a stride apart see the same taps: each such phase is a sweep.
record InputGradientKernel(Products products, Window window) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) { return ConvolutionKernel.channelsLast(out.shape()); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor dy = in.get(0);
    Tensor w = in.get(1);
    Tensor dx = out.getFirst();
    if (dx.shape().elements() == 0) return;
    for (int a = 0; a < stride(3); a++) {
      for (int b = 0; b < stride(2); b++) {
        for (int c = 0; c < stride(1); c++) phase(dy, w, dx, a, b, c);
      }
    }
  }

  private int stride(int back) { return window.axes() < back ? 1 : window.stride().get(window.axes() - back); }

  private void phase(Tensor dy, Tensor w, Tensor dx, int... phases) {
    Axis[] axes = new Axis[3];
    for (int back = 1; back <= 3; back++) {
      int i = window.axes() - back;
      axes[3 - back] = i < 0
          ? Axis.backward(window, i, 1, 1, 1, 0)
          : Axis.backward(window, i, dy.size(-back), w.size(-back), dx.size(-back), phases[3 - back]);
    }
    Sweep sweep = Sweep.of(Grid.of(dy), Math.toIntExact(dy.size(0)), axes[0], axes[1], axes[2], Math.toIntExact(dy.size(1)));
    if (sweep.chunks() == 0) return;
    TapWeights weights = TapWeights.of(w, sweep, window.groups(), true);
    new Convolutions(products).run(sweep, weights, w.layout().stride(0) * weights.inputs(), Grid.of(dx), 0);
  }
}
