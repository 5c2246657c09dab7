package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Attention;
import java.util.List;
import java.util.Optional;

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
    AttentionWords words = AttentionWords.of(micro, in.subList(0, 3));
    int parts = parts(sizes);
    int part = part(sizes);
    int heads = sizes.batch() * sizes.groups();
    products.workers().run(heads * parts, chunk -> {
      int head = chunk / parts;
      int first = chunk % parts * part;
      int end = Math.min(sizes.queries(), first + part);
      if (first >= end) return;
      try (Scratch own = new Scratch()) {
        new AttentionForward(words, sizes, extras, head / sizes.groups(), head % sizes.groups(), first, end, own).run(in, out);
      }
    });
  }

  /// Into how many chunks the queries of a head are cut.
  private static int parts(AttentionSizes sizes) { return (sizes.queries() + QUERIES - 1) / QUERIES; }

  /// The queries of a chunk: whole panels.
  private int part(AttentionSizes sizes) {
    int panel = products.micro().panelColumns();
    return ((sizes.queries() + parts(sizes) - 1) / parts(sizes) + panel - 1) / panel * panel;
  }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    if (out.getFirst().shape().elements() == 0) return List.of();
    AttentionSizes sizes = AttentionSizes.of(in);
    ScoreExtras none = new ScoreExtras(products.micro(), op.scores(), Optional.empty(), Optional.empty());
    int end = Math.min(sizes.queries(), part(sizes));
    AttentionWords words = AttentionWords.of(products.micro(), in.subList(0, 3));
    Needs chunk = Needs.of(pieces -> new AttentionForward(words, sizes, none, 0, 0, 0, end, pieces));
    return products.atOnce(sizes.batch() * sizes.groups() * parts(sizes), chunk).blocks();
  }
}
