package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Window;
import java.util.List;
import java.util.Optional;

/// Convolutions over 1, 2 or 3 axes; inputs in any layout, outputs channels last.
record ConvolutionKernel(Products products, Window window) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return index < 2 || layout.isContiguous(); }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) { return channelsLast(out.shape()); }

  /// The layout of images with their channels side by side.
  static Layout channelsLast(Shape shape) {
    int[] order = new int[shape.rank()];
    for (int i = 1; i < order.length; i++) order[i] = i == order.length - 1 ? 1 : i + 1;
    return Layout.dense(shape, order);
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.get(0);
    Tensor w = in.get(1);
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return;
    Sweep sweep = sweep(Grid.of(x), x.shape(), w.shape(), y.shape());
    TapWeights weights = TapWeights.of(w, sweep, window.groups(), false);
    try (Row bias = Row.of(products.micro(), in.size() > 2 ? Optional.of(in.get(2)) : Optional.empty())) {
      long groupStride = w.layout().stride(0) * weights.outputs();
      new Convolutions(products).run(sweep, weights, groupStride, Grid.of(y), bias.address());
    }
  }

  private Sweep sweep(Grid in, Shape x, Shape w, Shape y) {
    return Sweep.of(in, Math.toIntExact(x.size(0)), axis(3, x, w, y), axis(2, x, w, y), axis(1, x, w, y), Math.toIntExact(x.size(
        1)));
  }

  /// The spatial axis that is `back` from the end.
  private Axis axis(int back, Shape x, Shape w, Shape y) {
    int i = window.axes() - back;
    return i < 0
        ? Axis.forward(window, i, 1, 1, 1)
        : Axis.forward(window, i, x.size(-back), w.size(-back), y.size(-back));
  }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    Shape w = in.get(1).shape();
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return List.of();
    Sweep sweep = sweep(Grid.nowhere(y.dtype()), in.getFirst().shape(), w, y.shape());
    Needs needs = new Convolutions(products).needs(sweep, TapWeights.sized(w, sweep, window.groups()), y.dtype());
    return Row.needs(in.size() > 2 ? Optional.of(in.get(2)) : Optional.empty()).with(needs).blocks();
  }
}
