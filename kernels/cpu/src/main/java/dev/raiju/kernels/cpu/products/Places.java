package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;

/// Where the parts of a tensor begin when its first axes are counted through, in elements from its own first one.
///
/// @param sizes of the counted axes
/// @param strides 0 along axes that are broadcast
record Places(long[] sizes, long[] strides) {
  /// The places of the matrices of a tensor whose axes before the last two are broadcast to `batch`.
  static Places of(Layout layout, Shape batch) {
    int own = layout.shape().rank() - 2;
    long[] strides = new long[batch.rank()];
    for (int i = 0; i < own; i++) {
      boolean stretched = layout.shape().size(i) == 1;
      strides[batch.rank() - own + i] = stretched ? 0 : layout.stride(i);
    }
    return new Places(batch.sizes(), strides);
  }

  /// Where part `index` begins.
  long of(long index) {
    long place = 0;
    long left = index;
    for (int i = sizes.length - 1; i >= 0; i--) {
      place += left % sizes[i] * strides[i];
      left /= sizes[i];
    }
    return place;
  }
}
