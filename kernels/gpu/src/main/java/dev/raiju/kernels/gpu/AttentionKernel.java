package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Scores;
import java.util.List;
import java.util.Optional;

/// Attention forward. Queries, keys and values may lie in any way, as long as the numbers of one head are neighbours.
record AttentionKernel(Gpu gpu, Scores scores) implements Kernel {
  // of attention.cu
  private static final int WIDEST = 128;
  private static final int QUERIES = 16;
  private static final int KEYS = 32;
  // of narrow_attention.cu
  private static final int NARROW_QUERIES = 64;
  private static final int NARROW_KEYS = 64;
  private static final int PIECE_BYTES = 16;
  private static final int THREADS = 128;
  private static final int SHARED_BYTES = (QUERIES * WIDEST + KEYS * (WIDEST + 1) + KEYS * WIDEST + KEYS * QUERIES)
      * Float.BYTES;
  private static final int MOST_BLOCKS = 65535;

  /// Whether heads are narrow enough, and the grid has room for all of them.
  static boolean fits(List<Spec> in) {
    Spec q = in.get(0);
    return ElementType.isFloat(q) && q.size(3) <= WIDEST && in.get(2).size(3) <= WIDEST && q.size(0) * q.size(2) <= MOST_BLOCKS;
  }

  @Override
  public boolean takes(int index, Layout layout) {
    return index > 2 || layout.isContiguous() || layout.shape().size(3) == 1 || layout.stride(3) == 1;
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Operand q = Operand.of(in.get(0));
    Operand k = Operand.of(in.get(1));
    Operand v = Operand.of(in.get(2));
    Operand y = Operand.of(out.getFirst());
    if (y.elements() == 0 && out.size() == 1) return;
    long batch = q.shape().size(0);
    long queries = q.shape().size(1);
    long heads = q.shape().size(2);
    Shape all = Shape.of(batch, heads, queries, k.shape().size(1));
    Optional<Operand> bias = scores.bias() ? Optional.of(Operand.of(in.get(3)).stretched(all)) : Optional.empty();
    Optional<Operand> mask = scores.mask() ? Optional.of(Operand.of(in.getLast()).stretched(all)) : Optional.empty();
    var arguments = new Arguments().data(q).data(k).data(v).whole(address(bias)).whole(address(mask)).data(y).whole(out.size() > 1
        ? Operand.of(out.get(1)).address()
        : 0).whole(queries).whole(k.shape().size(1)).wholes(strides(q)).wholes(strides(k)).wholes(strides(v)).wholes(strides(
            bias))
        .wholes(strides(mask)).whole(scores.causalBlock()).whole(scores.queryOffset()).number((int) heads).number((int) (heads / k
            .shape().size(2))).number((int) q.shape().size(3)).number((int) v.shape().size(3)).real(scores.scale()).number(0);
    if (onMatrixUnits(q, k, v)) {
      int width = width(q, v);
      int sharedBytes = (NARROW_QUERIES + 2 * NARROW_KEYS) * width * Short.BYTES;
      gpu.launch("narrow_attention", "narrow_attention_" + width + "_" + q.type().label(), grid(queries, NARROW_QUERIES, batch
          * heads), sharedBytes, arguments);
    } else {
      gpu.launch("attention", "attention_" + q.type().label(), grid(queries, QUERIES, batch * heads), SHARED_BYTES, arguments);
    }
  }

  private static Grid grid(long queries, int each, long heads) {
    return new Grid(Math.toIntExact((queries + each - 1) / each), (int) heads, 1, THREADS);
  }

  /// Whether the products can run on the matrix units, which know no bias or mask.
  private boolean onMatrixUnits(Operand... factors) {
    return gpu.hasMatrixUnits() && !scores.bias() && !scores.mask() && areInPieces(factors);
  }

  /// The width that heads are filled up to there.
  static int width(Operand q, Operand v) {
    return Math.max(q.shape().size(3), v.shape().size(3)) > WIDEST / 2 ? WIDEST : WIDEST / 2;
  }

  /// Whether types are narrow, and every row lies at a place from which pieces can be copied.
  static boolean areInPieces(Operand... factors) {
    for (Operand x : factors) {
      int bytes = x.type().unitBytes();
      boolean fits = bytes == Short.BYTES && x.address() % PIECE_BYTES == 0 && x.shape().size(3) * bytes % PIECE_BYTES == 0;
      for (int axis = 0; axis < 3; axis++)
        fits &= x.shape().size(axis) == 1 || x.layout().stride(axis) * bytes % PIECE_BYTES == 0;
      if (!fits) return false;
    }
    return true;
  }

  private static long address(Optional<Operand> operand) { return operand.map(Operand::address).orElse(0L); }

  /// Of batch, place and head.
  static long[] strides(Operand operand) {
    Layout layout = operand.layout();
    return new long[] {layout.stride(0), layout.stride(1), layout.stride(2)};
  }

  /// Of a bias or mask, zeros where there is none.
  static long[] strides(Optional<Operand> extra) { return extra.map(x -> x.layout().strides()).orElse(new long[4]); }
}
