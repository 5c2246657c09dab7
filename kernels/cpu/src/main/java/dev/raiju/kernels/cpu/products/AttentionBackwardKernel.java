package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AttentionBackward;
import java.util.List;
import java.util.Optional;

/// The gradients of attention: a chunk is one head of keys with all the queries that it serves, so every sum has one owner.
///
/// The gradient of a bias that is shared by the batch or by the heads is a sum over chunks: those then become one, in order.
record AttentionBackwardKernel(Products products, AttentionBackward op) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) {
    int inputs = 3 + (op.scores().bias() ? 1 : 0) + (op.scores().mask() ? 1 : 0);
    // log-sum-exp and delta are read row by row
    return index != inputs && index != inputs + 1 || layout.isContiguous();
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    MicroKernels micro = products.micro();
    AttentionSizes sizes = AttentionSizes.of(in);
    ScoreExtras extras = ScoreExtras.of(micro, op.scores(), in);
    AttentionWords words = words(in);
    try (Scratch scratch = new Scratch()) {
      BiasGradient bias = op.scores().bias() ? BiasGradient.of(out.get(3), scratch) : BiasGradient.NONE;
      int batches = bias.perBatch() ? sizes.batch() : 1;
      int groups = bias.perHead() ? sizes.groups() : 1;
      products.workers().run(batches * groups, chunk -> {
        for (int b = chunk / groups; b < sizes.batch(); b += batches) {
          for (int g = chunk % groups; g < sizes.groups(); g += groups) {
            try (var work = new AttentionGradients(words, sizes, extras, bias, b, g)) {
              work.run(in, out);
            }
          }
        }
      });
      if (op.scores().bias()) bias.store(micro, out.get(3));
    }
  }

  /// The gradient of a bias is made of those of scores in f32.
  private AttentionWords words(List<Tensor> in) {
    if (op.scores().bias()) return new AttentionWords(products.micro(), Optional.empty());
    return AttentionWords.of(products.micro(), List.of(in.get(0), in.get(1), in.get(2), in.getLast()));
  }

  /// The gradient of the bias in f32 while it is summed: the output itself, or scratch memory.
  ///
  /// @param address 0 if there is no bias
  /// @param strides of `[B, h, Nq, Nk]` in elements, 0 where the bias is broadcast
  record BiasGradient(long address, List<Long> strides) {
    static final BiasGradient NONE = new BiasGradient(0, List.of(1L, 1L, 0L, 0L));

    static BiasGradient of(Tensor out, Scratch scratch) {
      long floats = out.shape().elements();
      long address = out.dtype() == DType.F32 ? out.address() : scratch.take(floats);
      Cells.clear(address, 4 * floats);
      Long[] strides = {0L, 0L, 0L, 0L};
      for (int axis = -1; axis >= -out.rank(); axis--) {
        if (out.size(axis) != 1) strides[4 + axis] = out.layout().stride(axis);
      }
      return new BiasGradient(address, List.of(strides));
    }

    boolean perBatch() { return strides.get(0) != 0; }

    boolean perHead() { return strides.get(1) != 0; }

    /// Adds score gradients `[keys, queries]`.
    void add(int batch, int head, int query, int queries, int key, int keys, long scores, long scoreBytes) {
      long q = strides.get(2);
      long k = strides.get(3);
      long corner = batch * strides.get(0) + head * strides.get(1) + query * q + key * k;
      for (int i = 0; i < queries; i++) {
        for (int j = 0; j < keys; j++) {
          long at = address + 4 * (corner + i * q + j * k);
          Cells.setFloat(at, Cells.getFloat(at) + Cells.getFloat(scores + j * scoreBytes + 4L * i));
        }
      }
    }

    void store(MicroKernels micro, Tensor out) {
      int n = Math.toIntExact(out.shape().elements());
      if (out.dtype() != DType.F32) micro.narrow(out.dtype(), address, out.address(), n);
    }
  }
}
