package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Attention;
import java.util.List;

/// Attention by blocks of keys with a running softmax: a chunk is one head of keys with some of the queries that it serves.
record AttentionKernel(Products products, Attention op) implements Kernel {
  // each chunk copies its keys and values, which this many queries make cheap
  private static final int QUERIES = 512;

  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    MicroKernels micro = products.micro();
    AttentionSizes sizes = AttentionSizes.of(in);
    if (out.getFirst().shape().elements() == 0) return;
    ScoreExtras extras = ScoreExtras.of(micro, op.scores(), in);
    int parts = (sizes.queries() + QUERIES - 1) / QUERIES;
    // whole panels
    int panel = micro.panelColumns();
    int part = ((sizes.queries() + parts - 1) / parts + panel - 1) / panel * panel;
    int heads = sizes.batch() * sizes.groups();
    products.workers().run(heads * parts, chunk -> {
      int head = chunk / parts;
      int first = chunk % parts * part;
      int end = Math.min(sizes.queries(), first + part);
      if (first >= end) return;
      try (var work = new AttentionForward(micro, sizes, extras, head / sizes.groups(), head % sizes.groups(), first, end)) {
        work.run(in, out);
      }
    });
  }
}
