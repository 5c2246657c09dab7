package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A row of f32, such as a bias: that of a tensor, or its values widened into scratch memory.
///
/// @param address 0 if there is no row
record Row(long address, @Nullable Scratch scratch) implements AutoCloseable {
  /// @param row contiguous, if there is one
  static Row of(MicroKernels micro, Optional<Tensor> row) {
    if (row.isEmpty()) return new Row(0, null);
    Tensor values = row.get();
    if (values.dtype() == DType.F32) return new Row(values.address(), null);
    int n = Math.toIntExact(values.shape().elements());
    Scratch scratch = new Scratch();
    long address = scratch.take(n);
    micro.widen(values.dtype(), values.address(), address, n);
    return new Row(address, scratch);
  }

  /// What [#of] takes.
  static Needs needs(Optional<Tensor> row) {
    return row.isEmpty() || row.get().dtype() == DType.F32
        ? Needs.NONE
        : Needs.of(pieces -> pieces.take(row.get().shape().elements()));
  }

  @Override
  public void close() {
    if (scratch != null) scratch.close();
  }
}
