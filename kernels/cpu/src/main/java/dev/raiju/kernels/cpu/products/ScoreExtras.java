package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Scores;
import java.util.List;
import java.util.Optional;

/// What is added to the scores of attention: the bias, and -∞ where the mask or the causal rule hides a key.
///
/// @param bias as a layout of `[B, h, Nq, Nk]`
/// @param mask as a layout of `[B, h, Nq, Nk]`
record ScoreExtras(MicroKernels micro, Scores scores, Optional<Input> bias, Optional<Input> mask) {
  /// A tensor seen through a broadcast layout.
  record Input(long base, DType type, Layout layout) {
    static Input of(Tensor t, Shape all) {
      long base = t.address() - t.dtype().unitBytes() * t.layout().offset();
      return new Input(base, t.dtype(), t.layout().broadcast(all));
    }

    /// The address of an element, in the order of the axes.
    long at(long b, long h, long q, long k) {
      return base + type.unitBytes() * (layout.offset() + b * layout.stride(0) + h * layout.stride(1) + q * layout.stride(2) + k
          * layout.stride(3));
    }
  }

  static ScoreExtras of(MicroKernels micro, Scores scores, List<Tensor> in) {
    AttentionSizes sizes = AttentionSizes.of(in);
    Shape all = Shape.of(sizes.batch(), sizes.heads(), sizes.queries(), sizes.keys());
    return new ScoreExtras(micro, scores, scores.bias() ? Optional.of(Input.of(in.get(3), all)) : Optional.empty(), scores.mask()
        ? Optional.of(Input.of(in.get(scores.bias() ? 4 : 3), all))
        : Optional.empty());
  }

  /// The first key that query `q` does not see by the causal rule.
  long end(long q) {
    return scores.causalBlock() == 0
        ? Long.MAX_VALUE
        : ((q + scores.queryOffset()) / scores.causalBlock() + 1) * scores.causalBlock();
  }

  /// Whether anything is added to the scores of some of these queries and keys. Queries see the more the later they are.
  boolean any(int firstQuery, int endKey) { return bias.isPresent() || mask.isPresent() || end(firstQuery) < endKey; }

  /// Writes what is added as `[keys, …]`, a column for each query.
  ///
  /// @param rows room for `queries · keys` floats
  void write(int batch, int head, int firstQuery, int queries, int firstKey, int keys, long rows, long to, long toBytes) {
    if (bias.isPresent() && mask.isEmpty() && end(firstQuery) >= firstKey + keys) {
      Input input = bias.get();
      if (input.type() == DType.F32 && input.layout().stride(3) == 1) {
        micro.transpose(input.at(batch, head, firstQuery, firstKey), 4 * input.layout().stride(2), to, toBytes, queries, keys);
        return;
      }
    }
    long rowBytes = 4L * keys;
    for (int i = 0; i < queries; i++) {
      long row = rows + i * rowBytes;
      int q = firstQuery + i;
      writeBias(batch, head, q, firstKey, keys, row);
      writeMask(batch, head, q, firstKey, keys, row);
      for (int j = Math.clamp(end(q) - firstKey, 0, keys); j < keys; j++) Cells.setFloat(row + 4L * j, Float.NEGATIVE_INFINITY);
    }
    micro.transpose(rows, rowBytes, to, toBytes, queries, keys);
  }

  private void writeBias(int batch, int head, int query, int firstKey, int keys, long row) {
    if (bias.isEmpty()) {
      Cells.clear(row, 4L * keys);
      return;
    }
    Input input = bias.get();
    long at = input.at(batch, head, query, firstKey);
    long step = input.layout().stride(3) * input.type().unitBytes();
    if (input.layout().stride(3) == 1) micro.widen(input.type(), at, row, keys);
    else
      for (int j = 0; j < keys; j++) Cells.setFloat(row + 4L * j, element(input.type(), at + j * step));
  }

  private static float element(DType type, long at) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Cells.getShort(at));
      case BF16 -> Narrow.fromBf16(Cells.getShort(at));
      default -> Cells.getFloat(at);
    };
  }

  private void writeMask(int batch, int head, int query, int firstKey, int keys, long row) {
    if (mask.isEmpty()) return;
    Input input = mask.get();
    long at = input.at(batch, head, query, firstKey);
    long step = input.layout().stride(3);
    for (int j = 0; j < keys; j++) {
      if (Cells.getByte(at + j * step) == 0) Cells.setFloat(row + 4L * j, Float.NEGATIVE_INFINITY);
    }
  }
}
