package dev.raiju.tensor.reference;

import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.op.Pad;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Values carried from one place to another, and sums of what arrives at one place.
final class Moves {
  private Moves() {}

  static void cast(Tensor in, Tensor out) {
    long[] from = Values.places(in.layout());
    long[] to = Values.places(out.layout());
    for (int i = 0; i < from.length; i++)
      Elements.convert(in.dtype(), Values.memory(in), from[i], out.dtype(), Values.memory(out), to[i]);
  }

  static void copy(Tensor in, Tensor out) {
    if (in.dtype().isBlock()) {
      Shape units = in.shape().with(-1, in.size(-1) / in.dtype().unit());
      long[] from = units(in.layout(), units, in.dtype().unit());
      long[] to = units(out.layout(), units, in.dtype().unit());
      if (in.buffer() instanceof BlockPlanes) Blocks.copy(in, from, out, to);
      else
        carry(in, from, out, to);
    } else {
      carry(in, Values.places(in.layout()), out, Values.places(out.layout()));
    }
  }

  /// The places of whole blocks, counted in blocks.
  private static long[] units(Layout layout, Shape units, int unit) {
    long[] strides = layout.strides();
    for (int i = 0; i < strides.length - 1; i++) strides[i] /= unit;
    return Values.places(Layout.of(units, strides, layout.offset() / unit));
  }

  private static void carry(Tensor in, long[] from, Tensor out, long[] to) {
    int bytes = in.dtype().unitBytes();
    for (int i = 0; i < from.length; i++)
      MemorySegment.copy(Values.memory(in), from[i] * bytes, Values.memory(out), to[i] * bytes, bytes);
  }

  static void concat(int axis, List<Tensor> in, Tensor out) {
    long start = 0;
    for (Tensor part : in) {
      carry(part, Values.places(part.layout()), out, Values.places(out.layout().slice(axis, start, part.size(axis), 1)));
      start += part.size(axis);
    }
  }

  static void pad(Pad pad, Tensor in, Tensor out) {
    for (long place : Values.places(out.layout())) Elements.setDouble(out.dtype(), Values.memory(out), place, pad.value());
    Layout inner = out.layout().slice(pad.axis(), pad.before(), in.size(pad.axis()), pad.between() + 1);
    carry(in, Values.places(in.layout()), out, Values.places(inner));
  }

  static void foldWindows(int axis, long step, Tensor in, Tensor out) {
    double[] sums = new double[Math.toIntExact(out.shape().elements())];
    long[] to = Values.places(Layout.contiguous(out.shape()).windows(axis, in.size(-1), step).slice(axis, 0, in.size(axis), 1));
    double[] values = Values.doubles(in);
    for (int i = 0; i < values.length; i++) sums[(int) to[i]] += values[i];
    Values.store(sums, out);
  }

  static void gather(int axis, Tensor table, Tensor indices, Tensor out) {
    long[] rows = indices(indices, table.size(axis), "gather");
    Shape inner = table.shape().slice(axis + 1, table.rank());
    Shape outer = table.shape().slice(0, axis);
    if (table.dtype().isBlock()) {
      Blocks.gather(table, rows, outer, inner, out);
      return;
    }
    long[] from = Values.places(table.layout());
    long[] to = Values.places(out.layout());
    int width = Math.toIntExact(inner.elements());
    int size = Math.toIntExact(table.size(axis));
    int bytes = table.dtype().unitBytes();
    int at = 0;
    for (int o = 0; o < outer.elements(); o++) {
      for (long row : rows) {
        for (int k = 0; k < width; k++) {
          long place = from[(o * size + (int) row) * width + k];
          MemorySegment.copy(Values.memory(table), place * bytes, Values.memory(out), to[at++] * bytes, bytes);
        }
      }
    }
  }

  static void scatterAdd(int axis, Tensor slices, Tensor indices, Tensor out) {
    long[] rows = indices(indices, out.size(axis), "scatter_add");
    double[] values = Values.doubles(slices);
    double[] sums = new double[Math.toIntExact(out.shape().elements())];
    int width = Math.toIntExact(out.shape().slice(axis + 1, out.rank()).elements());
    int size = Math.toIntExact(out.size(axis));
    int outer = Math.toIntExact(out.shape().slice(0, axis).elements());
    int at = 0;
    for (int o = 0; o < outer; o++) {
      for (long row : rows) {
        for (int k = 0; k < width; k++) sums[(o * size + (int) row) * width + k] += values[at++];
      }
    }
    Values.store(sums, out);
  }

  static void takeAlong(int axis, Tensor x, Tensor indices, Tensor out) {
    long[] rows = indices(indices, x.size(axis), "take_along");
    long[] from = Values.places(x.layout());
    long[] to = Values.places(out.layout());
    int bytes = x.dtype().unitBytes();
    int size = Math.toIntExact(x.size(axis));
    Reductions.lines(out.shape(), axis, (begin, stride, count, number) -> {
      for (int k = 0; k < count; k++) {
        int at = begin + k * stride;
        int source = number / stride * size * stride + number % stride + (int) rows[at] * stride;
        MemorySegment.copy(Values.memory(x), from[source] * bytes, Values.memory(out), to[at] * bytes, bytes);
      }
    });
  }

  static void addAlong(int axis, Tensor values, Tensor indices, Tensor out) {
    long[] rows = indices(indices, out.size(axis), "add_along");
    double[] parts = Values.doubles(values);
    double[] sums = new double[Math.toIntExact(out.shape().elements())];
    int size = Math.toIntExact(out.size(axis));
    Reductions.lines(values.shape(), axis, (begin, stride, count, number) -> {
      for (int k = 0; k < count; k++) {
        int at = begin + k * stride;
        sums[number / stride * size * stride + number % stride + (int) rows[at] * stride] += parts[at];
      }
    });
    Values.store(sums, out);
  }

  /// The indices, all checked.
  static long[] indices(Tensor t, long size, String op) {
    long[] values = Values.longs(t);
    for (long value : values) {
      if (value < 0 || value >= size) throw new ShapeException("%s: index %d: must be 0 to %d", op, value, size - 1);
    }
    return values;
  }
}
