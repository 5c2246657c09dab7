package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;

/// Images in memory, `[N, C, …]` with up to three spatial axes; those that are missing come first and have size 1.
///
/// @param address of the first element
/// @param images elements from an image to the next
/// @param channels elements from a channel to the next
/// @param outer elements along the first spatial axis
/// @param lines elements from a line to the next
/// @param pixels elements from a pixel to the next
record Grid(long address, DType type, long images, long channels, long outer, long lines, long pixels) {
  /// Images that lie nowhere: for asking what a convolution of them takes.
  static Grid nowhere(DType type) { return new Grid(0, type, 0, 0, 0, 0, 0); }

  static Grid of(Tensor t) {
    Layout layout = t.layout();
    return new Grid(t.address(), t.dtype(), layout.stride(0), layout.stride(1), along(layout, 3), along(layout, 2), along(layout,
        1));
  }

  /// The stride of the spatial axis that is `back` from the end, 0 if there is none.
  static long along(Layout layout, int back) { return layout.shape().rank() - back >= 2 ? layout.stride(-back) : 0; }

  /// The pixels of a line as lines of a factor, channels along them.
  Factor line(long image, long outerPlace, long linePlace, long pixel, long channel) {
    return Factor.of(address, type, pixels, channels).from(image * images + outerPlace * outer + linePlace * lines + pixel
        * pixels
        + channel * channels);
  }
}
