package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/// The order in which the axes of a result lie in memory: that of its inputs, if they agree, so that channels that lie last
/// stay last through a chain of ops.
final class MemoryOrder {
  private MemoryOrder() {}

  /// A layout for `shape` without gaps, in the order of those of `in` that have as many axes and no gaps; row-major if they
  /// disagree or there is none.
  static Layout of(Shape shape, List<Layout> in) {
    List<Layout> dense = in.stream().filter(layout -> layout.shape().rank() == shape.rank() && layout.isDense()).toList();
    int[] order = null;
    int most = -1;
    for (Layout layout : dense) {
      int axes = longAxes(layout).length;
      if (axes <= most) continue;
      most = axes;
      order = layout.memoryOrder();
    }
    if (order == null) return Layout.contiguous(shape);
    int[] leader = order;
    return dense.stream().allMatch(layout -> follows(layout, leader)) ? Layout.dense(shape, leader) : Layout.contiguous(shape);
  }

  /// As [#of], but only inputs of the very shape count: others are broadcast.
  static Layout ofWhole(Shape shape, List<Layout> in) {
    return of(shape, in.stream().filter(layout -> layout.shape().equals(shape)).toList());
  }

  /// The axes longer than 1, outermost first. Where an axis of one element lies does not matter.
  private static int[] longAxes(Layout layout) {
    return Arrays.stream(layout.memoryOrder()).filter(axis -> layout.shape().size(axis) != 1).toArray();
  }

  private static boolean follows(Layout layout, int[] order) {
    int[] wanted = Arrays.stream(order).filter(axis -> layout.shape().size(axis) != 1).toArray();
    return Arrays.equals(longAxes(layout), wanted);
  }
}
