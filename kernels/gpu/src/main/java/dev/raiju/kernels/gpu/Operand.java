package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;

/// A tensor as kernels see it: where its first element lies on the device, its type, and its layout from there.
record Operand(long address, DType type, Layout layout) {
  static Operand of(Tensor t) {
    long offset = t.layout().offset() / t.dtype().unit() * t.dtype().unitBytes();
    return new Operand(((DeviceBuffer) t.buffer()).address() + offset, t.dtype(), fromHere(t.layout()));
  }

  /// A contiguous one.
  static Operand of(long address, DType type, Shape shape) { return new Operand(address, type, Layout.contiguous(shape)); }

  private static Layout fromHere(Layout layout) { return Layout.of(layout.shape(), layout.strides(), 0); }

  Shape shape() { return layout.shape(); }

  long elements() { return layout.shape().elements(); }

  /// Part of it, under a layout that was made from its own.
  Operand under(Layout part) {
    return new Operand(address + part.offset() / type.unit() * type.unitBytes(), type, fromHere(part));
  }

  Operand stretched(Shape shape) { return new Operand(address, type, layout.broadcast(shape)); }

  int code() { return ElementType.code(type); }
}
