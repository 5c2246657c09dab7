package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;

/// Brings blocks whose codes, scales and biases lie apart together, row by row.
final class PlaneCopy {
  private PlaneCopy() {}

  /// Copies all blocks of `from` to where `layout` says in the memory of `to`.
  static void copy(Processor cpu, Tensor from, Tensor to, Layout layout) {
    long width = from.size(-1);
    if (from.shape().elements() == 0) return;
    BlockPlaces source = BlockPlaces.ofBuffer(from);
    BlockPlaces target = BlockPlaces.ofBuffer(to);
    int unit = from.dtype().unit();
    cpu.split(from.shape().elements() / width, width, (begin, end) -> {
      for (long row = begin; row < end; row++) {
        long x = place(from.layout(), row) / unit;
        long y = place(layout, row) / unit;
        for (long block = 0; block < width / unit; block++) source.copy(x + block, target, y + block);
      }
    });
  }

  /// Where a row begins, counted in elements from the beginning of the memory.
  private static long place(Layout layout, long row) {
    long place = layout.offset();
    long rest = row;
    for (int axis = layout.shape().rank() - 2; axis >= 0; axis--) {
      place += rest % layout.shape().size(axis) * layout.stride(axis);
      rest /= layout.shape().size(axis);
    }
    return place;
  }
}
