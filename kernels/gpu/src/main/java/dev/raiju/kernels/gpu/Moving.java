package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Launches of the kernels in `moves.cu`.
record Moving(Gpu gpu) {
  private static final String FILE = "moves";

  /// The same values from one layout to another of the same shape.
  void copy(Operand from, Operand to) {
    DType type = from.type();
    if (from.layout().isContiguous() && to.layout().isContiguous()) {
      gpu.copy(to.address(), from.address(), type.bytes(from.elements()));
      return;
    }
    Layout source = units(from.layout(), type);
    Strided axes = Strided.of(source, units(to.layout(), type));
    long count = source.shape().elements();
    gpu.launch(FILE, "copy", count, new Arguments().whole(count).data(from).data(to).number(type.unitBytes()).number(axes.rank())
        .axes(axes.sizes()).axes(axes.of(0)).axes(axes.of(1)));
  }

  /// A layout counted in units of a block type, whose last axis stays together.
  private static Layout units(Layout layout, DType type) {
    if (type.unit() == 1) return layout;
    Shape shape = layout.shape().with(-1, layout.shape().size(-1) / type.unit());
    long[] strides = layout.strides();
    for (int i = 0; i < strides.length - 1; i++) strides[i] /= type.unit();
    return Layout.of(shape, strides, 0);
  }

  /// @param to contiguous
  void cast(Operand from, Operand to) {
    Strided axes = Strided.of(from.layout());
    gpu.launch(FILE, "cast", from.elements(), new Arguments().whole(from.elements()).data(from).data(to).number(from.code())
        .number(to.code()).flag(ElementType.isReal(from.type())).number(axes.rank()).axes(axes.sizes()).axes(axes.of(0)));
  }

  /// @param to contiguous
  void fill(Operand to, double value) {
    byte[] element = new byte[Long.BYTES];
    Elements.setDouble(to.type(), MemorySegment.ofArray(element), 0, value);
    long bits = MemorySegment.ofArray(element).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    gpu.launch(FILE, "fill", to.elements(), new Arguments().whole(to.elements()).data(to).whole(bits).whole(to.type()
        .unitBytes()));
  }

  void iota(Operand to) {
    gpu.launch(FILE, "iota", to.elements(), new Arguments().whole(to.elements()).data(to).whole(to.code()));
  }

  /// @param key i64 `[3]`
  /// @param distribution its place in `Distribution`
  void random(Operand key, Operand to, int distribution) {
    gpu.launch(FILE, "random_draw", to.elements(), new Arguments().whole(to.elements()).data(key).data(to).number(to.code())
        .number(
            distribution));
  }
}
