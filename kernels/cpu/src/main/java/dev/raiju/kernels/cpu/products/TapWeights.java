package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;

/// The weights of a sweep as a right factor: for each group and panel of output channels `[taps · input channels, panel]`, taps first.
///
/// @param weight its lines are output channels, their depth is input channels of a group
/// @param tapStrides elements along the three spatial axes
/// @param inputs channels of a group
/// @param outputs channels of a group
record TapWeights(Factor weight, long[] tapStrides, Sweep sweep, int groups, int inputs, int outputs) {
  /// The weights `[O, C / groups, …]` of a convolution, from outputs to inputs if `swapped`.
  static TapWeights of(Tensor w, Sweep sweep, int groups, boolean swapped) {
    int o = Math.toIntExact(w.size(0)) / groups;
    int c = Math.toIntExact(w.size(1));
    Layout layout = w.layout();
    // no loop: HotSpot's compiler (25.0.3) has compiled one here to code that ends the JVM
    long[] taps = {Grid.along(layout, 3), Grid.along(layout, 2), Grid.along(layout, 1)};
    long forO = layout.stride(0);
    long forC = layout.stride(1);
    Factor weight = Factor.of(w.address(), w.dtype(), swapped ? forC : forO, swapped ? forO : forC);
    return new TapWeights(weight, taps, sweep, groups, swapped ? o : c, swapped ? c : o);
  }

  /// Weights of a shape `[O, C / groups, …]` that lie nowhere: for asking what they take.
  static TapWeights sized(Shape w, Sweep sweep, int groups) {
    Factor nowhere = Factor.of(0, DType.F32, 0, 0);
    return new TapWeights(nowhere, new long[3], sweep, groups, Math.toIntExact(w.size(1)), Math.toIntExact(w.size(0)) / groups);
  }

  int taps() { return sweep.outer().taps().length * sweep.line().taps().length * sweep.pixel().taps().length; }

  int depth() { return taps() * inputs; }

  int panels(MicroKernels micro) { return (outputs + micro.panelColumns() - 1) / micro.panelColumns(); }

  long panelFloats(MicroKernels micro) { return (long) depth() * micro.panelColumns(); }

  /// Packs one panel of one group; panels are counted over all groups.
  ///
  /// @param groupStride elements of the weight from a group to the next
  void pack(MicroKernels micro, Packing packing, int index, long groupStride, long to) {
    int line = index % panels(micro) * micro.panelColumns();
    int count = Math.min(micro.panelColumns(), outputs - line);
    int width = micro.width(count);
    Factor group = weight.from(index / panels(micro) * groupStride);
    long next = to;
    for (int a : sweep.outer().taps()) {
      for (int b : sweep.line().taps()) {
        for (int c : sweep.pixel().taps()) {
          Factor tap = group.from(a * tapStrides[0] + b * tapStrides[1] + c * tapStrides[2]);
          for (int from = 0; from < inputs; from += Packing.DEPTH) {
            int depth = Math.min(Packing.DEPTH, inputs - from);
            packing.packRight(tap, line, count, from, depth, next, width);
            next += 4L * width * depth;
          }
        }
      }
    }
  }
}
