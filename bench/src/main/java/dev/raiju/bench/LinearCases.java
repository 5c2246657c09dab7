package dev.raiju.bench;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.List;

/// Linear layers `[M, K] · [N, K]ᵀ + [N]`, forward and backward, and feed-forward networks of two of them.
final class LinearCases {
  // rows whose error is measured
  private static final long ROWS = 32;

  private LinearCases() {}

  /// @param m rows of the input
  /// @param k inputs
  /// @param n outputs
  private record Sizes(long m, long k, long n) {
    String text() { return m + "x" + k + "x" + n; }
  }

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    for (Sizes s : List.of(new Sizes(1280, 1536, 1536), new Sizes(1280, 1536, 1280), new Sizes(1280, 1536, 8960),
        new Sizes(1280, 8960, 1536), new Sizes(1280, 1536, 4480), new Sizes(1280, 4480, 1536), new Sizes(1280, 384, 1536),
        new Sizes(256, 128, 512), new Sizes(512, 4096, 10240), new Sizes(1, 1536, 9216), new Sizes(1, 4096, 4096),
        new Sizes(1024, 1024, 1024))) {
      all.add(Case.of("linear_" + s.text(), kind -> work(kind, s), (kind, device) -> forward(kind, s, device)).kinds(Kind
          .values()));
    }
    // a GPU's: the tokens of 49 and of 81 frames
    for (Sizes s : List.of(new Sizes(11154, 1536, 1536), new Sizes(11154, 1536, 8960), new Sizes(11154, 8960, 1536),
        new Sizes(11154, 1536, 4480), new Sizes(11154, 4480, 1536), new Sizes(32760, 1536, 1536), new Sizes(32760, 1536, 8960),
        new Sizes(32760, 8960, 1536), new Sizes(8192, 8192, 8192))) {
      all.add(Case.of("linear_" + s.text(), kind -> work(kind, s), (kind, device) -> forward(kind, s, device)).heavy(true));
    }
    for (Sizes s : List.of(new Sizes(1280, 384, 1536), new Sizes(1280, 1536, 4480))) {
      all.add(Case.of("linear_fwdbwd_" + s.text(), _ -> Work.of(6 * s.m * s.k * s.n, 0, s.m, s.k, s.n),
          (kind, device) -> backward(kind, s, device)));
    }
    return all;
  }

  /// Feed-forward networks `[M, K] → [M, N] → [M, K]`.
  static List<Case> feedForwards() {
    List<Case> all = new ArrayList<>();
    for (Sizes s : List.of(new Sizes(1280, 1536, 8960), new Sizes(1280, 1536, 4480), new Sizes(1280, 384, 1536))) {
      all.add(Case.of("ffn_" + s.text(), kind -> Work.of(4 * s.m * s.k * s.n, kind.bytes() * 2 * (s.k * s.n + s.m * s.k), s.m,
          s.k, s.n), (kind, device) -> feedForward(kind, s, device)));
    }
    return all;
  }

  private static Work work(Kind kind, Sizes s) {
    long weights = s.k * s.n;
    long bytes = switch (kind) {
      case F32, BF16 -> kind.bytes() * (weights + s.m * s.k + s.m * s.n);
      case INT8_DYNAMIC -> weights + 4 * s.m * (s.k + s.n);
      case INT8_PRODUCT -> weights + s.m * s.k + 4 * s.m * s.n;
      case W8 -> weights + 2 * s.m * (s.k + s.n);
      case W4 -> weights / 2 + 2 * s.m * (s.k + s.n);
    };
    return Work.of(2 * s.m * s.k * s.n, bytes, s.m, s.k, s.n);
  }

  /// How the engine computes a kind.
  ///
  /// @param input the type of input, bias and output
  /// @param weight the type that weights are stored in
  /// @param compute the type of the product's factors
  /// @param note what differs from what the kind's name says
  private record Storage(DType input, DType weight, DType compute, String note) {
    static Storage of(Kind kind) {
      return switch (kind) {
        case F32 -> new Storage(DType.F32, DType.F32, DType.F32, "");
        case BF16 -> new Storage(DType.BF16, DType.BF16, DType.BF16, "");
        case INT8_DYNAMIC -> new Storage(DType.F32, DType.Q8_G64, DType.I8, "int8 weights in groups of 64");
        case INT8_PRODUCT -> throw new UnsupportedOperationException("the engine has no product of int8 by int8");
        case W8 -> new Storage(DType.BF16, DType.Q8_G64_BF16, DType.BF16, "int8 weights in groups of 64, products in bf16");
        case W4 -> new Storage(DType.BF16, DType.Q4_G32_BF16, DType.BF16, "products in bf16");
      };
    }
  }

  private static Task forward(Kind kind, Sizes s, Device device) {
    Storage storage = Storage.of(kind);
    Inputs inputs = new Inputs(device);
    Tensor x = inputs.normal(s.m, s.k);
    Tensor w = inputs.weight(s.n, s.k);
    Tensor b = inputs.normal(s.n);
    Tensor stored = storage.weight == DType.F32
        ? w
        : inputs.keep(() -> storage.weight.isBlock() ? Quantize.quantize(w, storage.weight) : w.to(storage.weight));
    Tensor input = storage.input == DType.F32 ? x : inputs.keep(() -> x.to(storage.input));
    Tensor bias = storage.input == DType.F32 ? b : inputs.keep(() -> b.to(storage.input));
    Linear op = new Linear(storage.compute);
    return new OpTask(inputs, () -> Trace.apply(op, input, stored, bias), () -> {
      Tensor ours = Samples.rows(Trace.apply(op, input, stored, bias), 0, ROWS);
      Tensor exact = Linear.linear(Exact.of(Samples.rows(x, 0, ROWS)), Exact.of(w), Exact.of(b));
      return Task.Accuracy.of(Exact.error(ours, exact)).note(storage.note);
    });
  }

  private static Task backward(Kind kind, Sizes s, Device device) {
    Inputs inputs = new Inputs(device);
    Tensor x = inputs.normal(s.m, s.k);
    Tensor w = inputs.weight(s.n, s.k);
    Tensor b = inputs.normal(s.n);
    Tensor g = inputs.normal(s.m, s.n);
    Linear op = new Linear(kind == Kind.F32 ? DType.F32 : DType.BF16);
    List<Tensor> ours = List.of(inputs.as(kind, x), inputs.as(kind, w), inputs.as(kind, b));
    Tensor cotangent = inputs.as(kind, g);
    return new OpTask(inputs, () -> gradients(op, ours, cotangent), () -> {
      Tensor wide = Exact.of(g);
      Tensor dx = Samples.rows(wide, 0, ROWS).matmul(Exact.of(w));
      Tensor dw = Samples.rows(wide.transpose(), 0, ROWS).matmul(Exact.of(x));
      List<Tensor> found = gradients(op, ours, cotangent);
      List<Tensor> sampled = List.of(Samples.rows(found.get(0), 0, ROWS), Samples.rows(found.get(1), 0, ROWS), found.get(2));
      return Task.Accuracy.of(Exact.error(sampled, List.of(dx, dw, wide.sum(0))));
    });
  }

  private static List<Tensor> gradients(Linear op, List<Tensor> in, Tensor cotangent) {
    try (Tape tape = Tape.record(in)) {
      Tensor y = Trace.apply(op, in.toArray(Tensor[]::new));
      Gradients g = tape.gradients(List.of(y), List.of(cotangent), in);
      return in.stream().map(g::of).toList();
    }
  }

  private static Task feedForward(Kind kind, Sizes s, Device device) {
    Inputs inputs = new Inputs(device);
    List<Tensor> wide = List.of(inputs.normal(s.m, s.k), inputs.weight(s.n, s.k), inputs.normal(s.n), inputs.weight(s.k, s.n),
        inputs.normal(s.k));
    Tensor[] in = wide.stream().map(t -> inputs.as(kind, t)).toArray(Tensor[]::new);
    FeedForward op = new FeedForward(false, kind == Kind.F32 ? DType.F32 : DType.BF16);
    return new OpTask(inputs, () -> Trace.apply(op, in), () -> {
      Tensor[] exact = wide.stream().map(t -> Exact.of(t == wide.getFirst() ? Samples.rows(t, 0, ROWS) : t)).toArray(
          Tensor[]::new);
      Tensor y = Trace.apply(new FeedForward(false, DType.F32), exact);
      return Task.Accuracy.of(Exact.error(Samples.rows(Trace.apply(op, in), 0, ROWS), y));
    });
  }
}
