package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Tensor;
import java.util.List;

/// The sizes of an attention, and where its heads are.
///
/// @param batch B
/// @param heads of the queries, h
/// @param groups heads of keys and values, g; each serves h / g heads of queries
/// @param queries Nq
/// @param keys Nk
/// @param width of queries and keys, d
/// @param valueWidth of values and outputs, e
record AttentionSizes(int batch, int heads, int groups, int queries, int keys, int width, int valueWidth) {
  static AttentionSizes of(List<Tensor> in) {
    Tensor q = in.get(0);
    Tensor k = in.get(1);
    return new AttentionSizes(size(q, 0), size(q, 2), size(k, 2), size(q, 1), size(k, 1), size(q, 3), size(in.get(2), 3));
  }

  private static int size(Tensor t, int axis) { return Math.toIntExact(t.size(axis)); }

  int headsPerGroup() { return heads / groups; }

  /// The rows of one head of a tensor `[B, N, heads, width]`.
  static Factor head(Tensor t, int batch, int head) {
    Factor rows = Factor.of(t.address(), t.dtype(), t.layout().stride(1), t.layout().stride(3));
    return rows.from(batch * t.layout().stride(0) + head * t.layout().stride(2));
  }
}
