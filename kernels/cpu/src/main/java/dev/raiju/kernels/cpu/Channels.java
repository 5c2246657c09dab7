package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import java.util.stream.IntStream;

/// Tensors `[N, C, …]` whose channels lie innermost in memory, as convolutions like them.
final class Channels {
  private Channels() {}

  /// The layout of such a tensor without gaps.
  static Layout last(Shape shape) { return Layout.dense(shape, order(shape.rank())); }

  /// Whether a layout without gaps has the channels innermost.
  static boolean areLast(Layout layout) { return layout.shape().rank() > 1 && moved(layout).isContiguous(); }

  private static int[] order(int rank) {
    return IntStream.concat(IntStream.range(0, rank).filter(axis -> axis != 1), IntStream.of(1)).toArray();
  }

  private static Layout moved(Layout layout) { return layout.permute(order(layout.shape().rank())); }

  /// The channels of each place as a row.
  static Rows rows(Tensor t) { return Rows.of(t, moved(t.layout())); }
}
