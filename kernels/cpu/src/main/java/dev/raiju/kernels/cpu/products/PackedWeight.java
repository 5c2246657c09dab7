package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import java.util.Optional;

/// The packed form of a weight that is kept with its buffer: all panels of the right factor, for any number of rows. Of a form,
/// this is what it depends on.
///
/// @param micro whose panels they are
/// @param rounding what elements are rounded to
/// @param inPairs whether words are pairs of bf16
record PackedWeight(MicroKernels micro, DType type, Layout layout, DType rounding, boolean inPairs) {
  // weights that were stored in few bits to be small stay so: expanded, they would be as large as if they were not
  private static final long MOST_TIMES = 2;

  /// The form to keep of the right factor of a product, if its buffer asks for one and it does not become much larger.
  static Optional<PackedWeight> of(MicroKernels micro, Product product, Tensor weight) {
    if (!weight.buffer().keepsForms()) return Optional.empty();
    int panels = (product.columns() + micro.panelColumns() - 1) / micro.panelColumns();
    long bytes = 4L * panels * micro.panelColumns() * product.words(micro);
    if (bytes == 0 || bytes > MOST_TIMES * weight.spec().bytes()) return Optional.empty();
    DType rounding = product.right().rounding();
    return Optional.of(new PackedWeight(micro, weight.dtype(), weight.layout(), rounding, product.inPairs(micro)));
  }
}
