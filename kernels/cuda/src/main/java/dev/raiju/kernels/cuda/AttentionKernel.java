package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver.Grid;
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
  private static final int THREADS = 128;
  private static final int SHARED_BYTES = (QUERIES * WIDEST + KEYS * (WIDEST + 1) + KEYS * WIDEST) * Float.BYTES;
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
    int blocks = Math.toIntExact((queries + QUERIES - 1) / QUERIES);
    gpu.launch("attention", "attention_" + q.type().label(), new Grid(blocks, (int) (batch * heads), 1, THREADS), SHARED_BYTES,
        arguments);
  }

  private static long address(Optional<Operand> operand) { return operand.map(Operand::address).orElse(0L); }

  private static long[] strides(Operand operand) {
    Layout layout = operand.layout();
    return new long[] {layout.stride(0), layout.stride(1), layout.stride(2)};
  }

  private static long[] strides(Optional<Operand> extra) { return extra.map(x -> x.layout().strides()).orElse(new long[4]); }
}
