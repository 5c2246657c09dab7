package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.ALL;
import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.op.Windows;
import java.util.Arrays;
import java.util.List;

/// The same memory under another layout.
final class ViewCases {
  private ViewCases() {}

  static List<OpCase> rows() {
    return List.of(reshape(), permute(), slice(), select(), flip(), split(), broadcast(), windows());
  }

  private static OpCase row(String name, OpCase.Draw draw) {
    return OpCase.of(name, draw).types(ALL).within(Tolerance.EXACT).gradient(Gradient.TWICE);
  }

  private static OpCase reshape() {
    OpCase row = row("reshape", (c, type) -> {
      Shape shape = c.shape();
      Shape target = reshaped(c, shape);
      return Sample.of(in -> in.get(0).reshape(target), c.bits(type, shape)).text("to", target);
    });
    row = row.refuses("reshape: [2, 3] has 6 elements, [4] has 4", in -> in.get(0).reshape(4), f32(2, 3));
    row = row.refuses("reshape: [2, 3] has 6 elements, not a multiple of 4", in -> in.get(0).reshape(-1, 4), f32(2, 3));
    row = row.refuses("reshape: [-1, -1, -1]: at most one size may be -1", in -> in.get(0).reshape(-1, -1, -1), f32(2, 3));
    return row.refuses("shape: rank 9: at most 8 axes", in -> in.get(0).reshape(1, 1, 1, 1, 1, 1, 1, 1, 1), f32(1));
  }

  /// Axes joined, split by 2 or 3, and axes of size 1 put in.
  private static Shape reshaped(Choices c, Shape shape) {
    Shape target = shape;
    int edits = c.between(1, 3);
    for (int i = 0; i < edits; i++) {
      int kind = c.pick(3);
      if (kind == 0) {
        target = target.insert(c.pick(target.rank() + 1), 1);
      } else if (kind == 1 && target.rank() > 1) {
        int at = c.pick(target.rank() - 1);
        target = target.with(at, target.size(at) * target.size(at + 1)).remove(at + 1);
      } else if (target.rank() > 0) {
        int at = c.pick(target.rank());
        int factor = c.between(2, 3);
        if (target.size(at) % factor == 0) target = target.insert(at + 1, factor).with(at, target.size(at) / factor);
      }
    }
    return target;
  }

  private static OpCase permute() {
    OpCase row = row("permute", (c, type) -> {
      Shape shape = c.shape();
      int[] axes = new int[shape.rank()];
      Arrays.setAll(axes, i -> i);
      for (int i = 0; i < axes.length; i++) {
        int j = c.between(i, axes.length - 1);
        int axis = axes[i];
        axes[i] = axes[j];
        axes[j] = axis;
      }
      for (int i = 0; i < axes.length; i++) axes[i] -= c.coin() ? axes.length : 0;
      return Sample.of(in -> in.get(0).permute(axes), c.bits(type, shape)).text(Arrays.toString(axes));
    });
    row = row.refuses("permute: 1 axes given for [2, 3]", in -> in.get(0).permute(0), f32(2, 3));
    return row.refuses("axis 1: given twice in [1, 1]", in -> in.get(0).permute(1, 1), f32(2, 3));
  }

  private static OpCase slice() {
    OpCase row = row("slice", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      int size = (int) shape.size(axis);
      int step = size == 0 ? 1 : c.between(1, 3) * (c.coin() ? -1 : 1);
      int start = size == 0 ? 0 : c.pick(size);
      int room = size == 0 ? 0 : (step > 0 ? size - 1 - start : start) / Math.abs(step) + 1;
      int length = c.pick(room + 1);
      return Sample.of(in -> in.get(0).slice(axis, start, length, step), c.bits(type, shape)).text("axis", axis, "start", start,
          "length",
          length, "step", step);
    });
    row = row.refuses("slice: start 1, length 3, step 1: axis 0 of [3] has 3", in -> in.get(0).slice(0, 1, 3), f32(3));
    return row.refuses("slice: start 0, length 2, step 0: axis 0 of [3] has 3", in -> in.get(0).slice(0, 0, 2, 0), f32(3));
  }

  private static OpCase select() {
    OpCase row = row("select", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      Shape full = shape.size(axis) == 0 ? shape.with(axis, 1) : shape;
      int index = c.pick((int) full.size(axis));
      return Sample.of(in -> in.get(0).select(axis, index), c.bits(type, full)).text("axis", axis, "index", index);
    });
    return row.refuses("slice: start 3, length 1, step 1: axis 0 of [3] has 3", in -> in.get(0).select(0, 3), f32(3));
  }

  private static OpCase flip() {
    return row("flip", (c, type) -> {
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      return Sample.of(in -> in.get(0).flip(axis), c.bits(type, shape)).text("axis", axis);
    });
  }

  private static OpCase split() {
    OpCase row = row("split", (c, type) -> {
      int parts = c.between(1, 3);
      Shape shape = c.shape(1);
      int axis = c.axis(shape.rank());
      Shape whole = shape.with(axis, parts * c.few());
      return Sample.all(in -> in.get(0).split(axis, parts), c.bits(type, whole)).text("axis", axis, "parts", parts);
    });
    return row.refuses("split: axis 0 of [5] does not divide into 2 parts", in -> in.get(0).split(0, 2), f32(5));
  }

  private static OpCase broadcast() {
    OpCase row = row("broadcast", (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(in -> in.get(0).broadcast(shape), c.bits(type, c.stretchable(shape))).text("to", shape);
    });
    row = row.refuses("broadcast: [2] does not stretch to [2, 3]", in -> in.get(0).broadcast(2, 3), f32(2));
    return row.refuses("broadcast: [2, 3] does not stretch to [3]", in -> in.get(0).broadcast(3), f32(2, 3));
  }

  private static OpCase windows() {
    OpCase row = row("windows", (c, type) -> {
      int rank = c.between(1, 3);
      int axis = c.axis(rank);
      int size = c.between(1, 4);
      int step = c.between(1, 3);
      long[] sizes = new long[rank];
      for (int i = 0; i < rank; i++) sizes[i] = c.few();
      sizes[Shape.of(sizes).axis(axis)] = c.length(size);
      return Sample.of(in -> Windows.windows(in.get(0), axis, size, step), c.bits(type, Shape.of(sizes))).text("axis", axis,
          "size", size,
          "step", step);
    });
    return row.refuses("windows: size 4, step 1: the axis has 3", in -> Windows.windows(in.get(0), 0, 4, 1), f32(3));
  }

}
