package dev.raiju.bench;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Attention;
import java.util.ArrayList;
import java.util.List;

/// Attention of one sample, forward, and forward with backward. Ours takes `[1, N, h, d]` where peers take `[1, h, N, d]`.
final class AttentionCases {
  private static final long QUERIES = 32;
  // from here on a case takes minutes on a CPU, and its gradients in f64 do everywhere
  private static final long LONG = 5000;

  private AttentionCases() {}

  private record Sizes(String name, long heads, long queries, long keys, long width) {
    long pairs() { return heads * queries * keys * width; }

    long values() { return heads * width * (2 * queries + 2 * keys); }
  }

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    for (Sizes s : List.of(new Sizes("attn_6h64_1280", 6, 1280, 1280, 64), new Sizes("attn_10h128_1280", 10, 1280, 1280, 128),
        new Sizes("attn_12h128_1280", 12, 1280, 1280, 128), new Sizes("attn_12h128_4096", 12, 4096, 4096, 128),
        new Sizes("attn_12h128_11154", 12, 11154, 11154, 128), new Sizes("attn_12h128_32760", 12, 32760, 32760, 128),
        new Sizes("attn_cross_12h128_1280x512", 12, 1280, 512, 128))) {
      all.add(Case.of(s.name, kind -> Work.of(4 * s.pairs(), kind.bytes() * s.values(), s.heads, s.queries, s.keys, s.width),
          (kind, device) -> forward(kind, s, device)).heavy(s.queries > LONG));
    }
    for (Sizes s : List.of(new Sizes("attn_fwdbwd_6h64_1280", 6, 1280, 1280, 64), new Sizes("attn_fwdbwd_12h128_1280", 12, 1280,
        1280, 128), new Sizes("attn_fwdbwd_12h128_11154", 12, 11154, 11154, 128), new Sizes("attn_fwdbwd_12h128_32760", 12, 32760,
            32760, 128))) {
      // two products forward, five backward: scores are computed again
      all.add(Case.of(s.name, _ -> Work.of(14 * s.pairs(), 0, s.heads, s.queries, s.keys, s.width),
          (kind, device) -> backward(kind, s, device)).heavy(s.queries > LONG));
    }
    return all;
  }

  private static List<Tensor> draw(Inputs inputs, Sizes s) {
    return List.of(inputs.normal(1, s.queries, s.heads, s.width), inputs.normal(1, s.keys, s.heads, s.width), inputs.normal(1,
        s.keys, s.heads, s.width));
  }

  private static Task forward(Kind kind, Sizes s, Device device) {
    Inputs inputs = new Inputs(device);
    List<Tensor> wide = draw(inputs, s);
    List<Tensor> in = wide.stream().map(t -> inputs.as(kind, t)).toList();
    return new OpTask(inputs, () -> Attention.attention(in.get(0), in.get(1), in.get(2)), () -> {
      Tensor ours = Samples.rows(Attention.attention(in.get(0), in.get(1), in.get(2)), 1, QUERIES);
      Tensor queries = Exact.of(Samples.rows(wide.get(0), 1, QUERIES));
      return Task.Accuracy.of(Exact.error(ours, Attention.attention(queries, Exact.of(wide.get(1)), Exact.of(wide.get(2)))));
    });
  }

  private static Task backward(Kind kind, Sizes s, Device device) {
    Inputs inputs = new Inputs(device);
    List<Tensor> wide = draw(inputs, s);
    List<Tensor> in = wide.stream().map(t -> inputs.as(kind, t)).toList();
    Tensor g = inputs.normal(1, s.queries, s.heads, s.width);
    Tensor cotangent = inputs.as(kind, g);
    return new OpTask(inputs, () -> gradients(in, cotangent), () -> {
      if (s.queries > LONG) return Task.Accuracy.none("gradients in f64 would take minutes");
      // heads do not meet, so that one of them stands for all
      List<Tensor> ours = gradients(in, cotangent).stream().map(t -> t.slice(2, 0, 1)).toList();
      List<Tensor> exact = gradients(wide.stream().map(AttentionCases::firstHead).toList(), firstHead(g));
      return Task.Accuracy.of(Exact.error(ours, exact));
    });
  }

  private static Tensor firstHead(Tensor t) { return Exact.of(t.slice(2, 0, 1)); }

  private static List<Tensor> gradients(List<Tensor> in, Tensor cotangent) {
    try (Tape tape = Tape.record(in)) {
      Tensor y = Attention.attention(in.get(0), in.get(1), in.get(2));
      Gradients g = tape.gradients(List.of(y), List.of(cotangent), in);
      return in.stream().map(g::of).toList();
    }
  }
}
