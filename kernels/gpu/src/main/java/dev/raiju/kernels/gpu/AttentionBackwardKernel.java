package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Scores;
import java.util.List;
import java.util.Optional;

/// The gradients of attention's queries, keys and values: one launch for the first, one for the others.
record AttentionBackwardKernel(Gpu gpu, Scores scores) implements Kernel {
  private static final String FILE = "attention_backward";
  private static final String NARROW_FILE = "narrow_attention_backward";
  // of attention_backward.cu
  private static final int WIDEST = 128;
  private static final int ROWS = 8;
  private static final int COLUMNS = 32;
  // of narrow_attention_backward.cu
  private static final int NARROW_ROWS = 64;
  private static final int NARROW_COLUMNS = 32;
  private static final int THREADS = 128;
  private static final int SHARED_BYTES = (2 * ROWS * WIDEST + 2 * COLUMNS * (WIDEST + 1) + 2 * COLUMNS * ROWS) * Float.BYTES;

  /// Whether there is no bias, whose gradient these kernels do not have, and the heads fit.
  static boolean fits(Scores scores, List<Spec> in) { return !scores.bias() && AttentionKernel.fits(in); }

  @Override
  public boolean takes(int index, Layout layout) {
    boolean isMask = scores.mask() && index == 3;
    return isMask || layout.isContiguous() || index < 3 && (layout.shape().size(3) == 1 || layout.stride(3) == 1);
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Operand q = Operand.of(in.get(0));
    Operand k = Operand.of(in.get(1));
    Operand v = Operand.of(in.get(2));
    int extra = in.size() - 3;
    long batch = q.shape().size(0);
    long queries = q.shape().size(1);
    long heads = q.shape().size(2);
    long keys = k.shape().size(1);
    long keyHeads = k.shape().size(2);
    Optional<Operand> mask = scores.mask()
        ? Optional.of(Operand.of(in.get(3)).stretched(Shape.of(batch, heads, queries, keys)))
        : Optional.empty();
    var arguments = new Arguments().data(q).data(k).data(v).whole(mask.map(Operand::address).orElse(0L)).data(Operand.of(in.get(
        extra)))
        .data(Operand.of(in.get(extra + 1))).data(Operand.of(in.get(extra + 2)));
    for (Tensor gradient : out) arguments.data(Operand.of(gradient));
    arguments.whole(queries).whole(keys).wholes(AttentionKernel.strides(q)).wholes(AttentionKernel.strides(k)).wholes(
        AttentionKernel
            .strides(v)).wholes(AttentionKernel.strides(mask)).whole(scores.causalBlock()).whole(scores.queryOffset()).number(
                (int) heads)
        .number((int) (heads / keyHeads)).number((int) q.shape().size(3)).number((int) v.shape().size(3)).real(scores.scale())
        .number(0);
    String type = q.type().label();
    if (gpu.hasNarrowGradients() && !scores.mask() && AttentionKernel.areInPieces(q, k, v, Operand.of(in.get(extra + 2)))) {
      int width = AttentionKernel.width(q, v);
      int sharedBytes = 2 * (NARROW_ROWS + NARROW_COLUMNS) * width * Short.BYTES;
      gpu.launch(NARROW_FILE, "narrow_query_gradient_" + width + "_" + type, grid(queries, NARROW_ROWS, batch * heads),
          sharedBytes, arguments);
      gpu.launch(NARROW_FILE, "narrow_key_gradient_" + width + "_" + type, grid(keys, NARROW_ROWS, batch * keyHeads), sharedBytes,
          arguments);
      return;
    }
    gpu.launch(FILE, "query_gradient_" + type, grid(queries, ROWS, batch * heads), SHARED_BYTES, arguments);
    gpu.launch(FILE, "key_gradient_" + type, grid(keys, ROWS, batch * keyHeads), SHARED_BYTES, arguments);
  }

  private static Grid grid(long rows, int each, long heads) {
    return new Grid(Math.toIntExact((rows + each - 1) / each), (int) heads, 1, THREADS);
  }
}
