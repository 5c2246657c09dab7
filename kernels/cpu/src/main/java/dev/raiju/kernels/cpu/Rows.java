package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import java.util.Arrays;

/// A float tensor as rows along its last axis, whose elements lie side by side; the rows may lie anywhere.
final class Rows {
  private final DType type;
  private final long address;
  private final int width;
  private final long[] sizes;
  private final long[] strides;

  private Rows(DType type, long address, int width, long[] sizes, long[] strides) {
    this.type = type;
    this.address = address;
    this.width = width;
    this.sizes = sizes;
    this.strides = strides;
  }

  /// Whether a tensor of this layout is such rows.
  static boolean fit(Layout layout) {
    int rank = layout.shape().rank();
    return rank > 0 && (layout.shape().size(-1) <= 1 || layout.stride(-1) == 1);
  }

  static Rows of(Tensor t) { return of(t, t.shape()); }

  /// The rows of a tensor stretched to a larger shape.
  static Rows of(Tensor t, Shape shape) { return of(t, t.layout().broadcast(shape)); }

  /// The rows of a tensor under another view of its memory that begins at the same element.
  static Rows of(Tensor t, Layout layout) {
    Shape shape = layout.shape();
    long[] sizes = new long[shape.rank()];
    long[] strides = new long[shape.rank()];
    int axes = 0;
    for (int axis = 0; axis < shape.rank() - 1; axis++) {
      long size = shape.size(axis);
      if (size == 1) continue;
      if (axes > 0 && strides[axes - 1] == layout.stride(axis) * size) sizes[axes - 1] *= size;
      else
        sizes[axes++] = size;
      strides[axes - 1] = layout.stride(axis);
    }
    return new Rows(t.dtype(), t.address(), Math.toIntExact(shape.size(-1)), Arrays.copyOf(sizes, axes),
        Arrays.copyOf(strides, axes));
  }

  int width() { return width; }

  /// How many rows there are.
  long count() {
    long count = 1;
    for (long size : sizes) count *= size;
    return count;
  }

  /// Bytes of one row in f32, in whole cache lines.
  long spare() { return Scratch.padded(4L * width); }

  /// Where a row lies.
  long address(long row) {
    long place = 0;
    long rest = row;
    for (int axis = sizes.length - 1; axis > 0; axis--) {
      place += rest % sizes[axis] * strides[axis];
      rest /= sizes[axis];
    }
    if (sizes.length > 0) place += rest * strides[0];
    return address + place * type.unitBytes();
  }

  /// A row as f32: where it lies, or widened into `spare`.
  long read(Loops loops, long row, long spare) {
    long from = address(row);
    if (type == DType.F32) return from;
    loops.widen(type, from, spare, width);
    return spare;
  }

  /// Where to write a row in f32: where it lies, or into `spare`; [#written] then stores it.
  long target(long row, long spare) { return type == DType.F32 ? address(row) : spare; }

  /// Stores a row that was written to its target.
  void written(Loops loops, long row, long spare) {
    if (type != DType.F32) loops.narrow(type, spare, address(row), width);
  }
}
