package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;

/// Overlapping windows along one axis: that axis becomes the number of windows, a new last axis their inside. Pooling is a
/// reduction over windows.
public record Windows(int axis, long size, long step) implements View {
  /// Windows of `size` along `axis`, one every `step`.
  ///
  /// @throws dev.raiju.tensor.ShapeException if not even one fits
  public static Tensor windows(Tensor x, int axis, long size, long step) {
    return Trace.apply(new Windows(x.shape().axis(axis), size, step), x);
  }

  @Override
  public Layout view(Layout in) { return in.windows(axis, size, step); }

  @Override
  public Tensor vjp(Spec in, Tensor cotangent) { return Trace.apply(new FoldWindows(axis, in.size(axis), step), cotangent); }
}
