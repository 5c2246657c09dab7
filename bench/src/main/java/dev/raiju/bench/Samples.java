package dev.raiju.bench;

import dev.raiju.tensor.Tensor;

/// Parts of results whose error stands for that of the whole.
final class Samples {
  private Samples() {}

  /// `count` entries along an axis, evenly apart; all if there are no more.
  static Tensor rows(Tensor t, int axis, long count) {
    long size = t.size(axis);
    return size <= count ? t : t.slice(axis, 0, count, size / count).contiguous();
  }
}
