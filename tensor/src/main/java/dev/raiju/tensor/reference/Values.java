package dev.raiju.tensor.reference;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import java.lang.foreign.MemorySegment;

/// Whole tensors as Java arrays in row-major order: what the reference loops work on.
final class Values {
  private Values() {}

  static MemorySegment memory(Tensor t) { return ((HostBuffer) t.buffer()).segment(); }

  /// Where each element lies, in row-major order, counted in elements from the beginning of the buffer.
  static long[] places(Layout layout) {
    int count = Math.toIntExact(layout.shape().elements());
    long[] places = new long[count];
    if (count == 0) return places;
    int rank = layout.shape().rank();
    long[] index = new long[rank];
    long place = layout.offset();
    for (int i = 0; i < count; i++) {
      places[i] = place;
      for (int axis = rank - 1; axis >= 0; axis--) {
        place += layout.stride(axis);
        if (++index[axis] < layout.shape().size(axis)) break;
        place -= layout.stride(axis) * index[axis];
        index[axis] = 0;
      }
    }
    return places;
  }

  static double[] doubles(Tensor t) {
    long[] places = places(t.layout());
    double[] values = new double[places.length];
    MemorySegment memory = memory(t);
    for (int i = 0; i < values.length; i++) values[i] = Elements.getDouble(t.dtype(), memory, places[i]);
    return values;
  }

  static long[] longs(Tensor t) {
    long[] places = places(t.layout());
    long[] values = new long[places.length];
    MemorySegment memory = memory(t);
    for (int i = 0; i < values.length; i++) values[i] = Elements.getLong(t.dtype(), memory, places[i]);
    return values;
  }

  static void store(double[] values, Tensor t) {
    long[] places = places(t.layout());
    for (int i = 0; i < values.length; i++) Elements.setDouble(t.dtype(), memory(t), places[i], values[i]);
  }

  static void store(long[] values, Tensor t) {
    long[] places = places(t.layout());
    for (int i = 0; i < values.length; i++) Elements.setLong(t.dtype(), memory(t), places[i], values[i]);
  }

  /// Whether a tensor is computed in 64-bit integers and not in f64.
  static boolean isWhole(DType type) { return type.isInteger(); }
}
