package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// Every `step`-th of the `length` entries from `start` on along one axis. A negative step walks backwards.
public record Slice(int axis, long start, long length, long step) implements View {
  @Override
  public Layout view(Layout in) { return in.slice(axis, start, length, step); }

  @Override
  public Tensor vjp(Spec in, Tensor cotangent) {
    long size = in.size(axis);
    if (length == 0) return cotangent.pad(axis, 0, size);
    Tensor ascending = step < 0 ? cotangent.flip(axis) : cotangent;
    long first = step < 0 ? start + (length - 1) * step : start;
    long last = step < 0 ? start : start + (length - 1) * step;
    return Pad.pad(ascending, axis, first, size - 1 - last, Math.abs(step) - 1, 0);
  }
}
