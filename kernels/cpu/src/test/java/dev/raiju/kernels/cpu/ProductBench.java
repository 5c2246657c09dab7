package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Window;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// Rates of the products, against the multiply-adds that the machine can do in the same run. Run by hand:
/// from the test class path, with the name of a group and a list of thread counts.
final class ProductBench {
  /// Where Linux says how many nanoseconds the asking thread has computed.
  private static final Path COMPUTED = Path.of("/proc/thread-self/schedstat");

  private final int threads;
  private final Device device;
  private final double peak;

  private ProductBench(int threads) {
    this.threads = threads;
    try (WorkerPool pool = new WorkerPool(threads)) {
      peak = Peak.gigaflops(pool);
    }
    device = Device.of(new CpuBackend(threads));
    System.out.printf("%d threads, peak %.0f GF/s%n", threads, peak);
  }

  public static void main(String[] args) {
    String group = args.length > 0 ? args[0] : "all";
    for (String threads : args.length > 1 ? args[1].split(",") : new String[] {"1", "2"}) {
      ProductBench bench = new ProductBench(Integer.parseInt(threads));
      if (group.equals("all") || group.equals("matmul")) bench.matmul();
      if (group.equals("all") || group.equals("linear")) bench.linear(DType.F32);
      if (group.equals("all") || group.equals("bf16")) bench.linear(DType.BF16);
      if (group.equals("all") || group.equals("int8")) bench.linear(DType.I8);
      if (group.equals("all") || group.equals("muon")) bench.newtonSchulz();
      if (group.equals("all") || group.equals("attention")) bench.attention();
      if (group.equals("all") || group.equals("conv")) bench.convolutions();
      if (group.equals("all") || group.equals("ffn")) bench.feedForward();
    }
  }

  private Tensor random(long... sizes) {
    Spec spec = Spec.of(DType.F32, sizes);
    SplittableRandom random = new SplittableRandom(1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(spec.bytes());
      for (long i = 0; i < spec.shape().elements(); i++)
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble() - 0.5f);
      return Tensor.of(spec, values, device);
    }
  }

  /// One thread is timed by what it computes, so that neighbours on the machine count less.
  private long now() {
    if (threads > 1 || !Files.exists(COMPUTED)) return System.nanoTime();
    try {
      return Long.parseLong(Files.readString(COMPUTED).split(" ")[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void report(String what, double flops, Supplier<?> work) {
    long[] nanos = new long[200];
    int rounds = 0;
    long end = System.nanoTime() + Long.getLong("ns", 2_500_000_000L);
    double first = 0;
    while (rounds < nanos.length && (System.nanoTime() < end || rounds < 5)) {
      int repeats = (int) Math.max(1, 8e9 / flops);
      long start = now();
      for (int i = 0; i < repeats; i++) {
        try (Scope scope = Scope.open()) {
          work.get();
        }
      }
      nanos[rounds] = (now() - start) / repeats;
      if (rounds == 0) first = nanos[0];
      rounds++;
    }
    Arrays.sort(nanos, 0, rounds);
    double best = nanos[rounds / 10];
    double middle = nanos[rounds / 2];
    System.out.printf("%-44s %8.3f ms (median %8.3f, first %8.1f)  %6.1f GF/s %5.1f %%%n", what, best / 1e6, middle / 1e6, first
        / 1e6, flops / best, 100
            * flops / best / peak);
  }

  private void matmul() {
    long[][] shapes = {{512, 1280, 1280}, {1920, 256, 256}, {1920, 192, 192}, {1920, 1024, 256}, {1920, 256, 1024}, {1280, 1536,
      4480}, {80, 192, 192}, {24, 1152, 192}, {1, 1536, 1536}};
    for (long[] s : shapes) {
      Tensor a = random(s[0], s[2]);
      Tensor b = random(s[2], s[1]);
      report("matmul " + Arrays.toString(s) + " MNK", 2.0 * s[0] * s[1] * s[2], () -> a.matmul(b));
      a.close();
      b.close();
    }
    Tensor x = random(1920, 256);
    Tensor dy = random(1920, 1024);
    report("dW = dyT x [1024, 256] over 1920", 2.0 * 1920 * 256 * 1024, () -> dy.transpose().matmul(x));
    Tensor q = random(192, 80, 32);
    report("batched [192, 80, 32] x [192, 32, 80]", 2.0 * 192 * 80 * 80 * 32, () -> q.matmul(q.transpose()));
  }

  private void feedForward() {
    long[][] shapes = {{1920, 192, 768}, {1920, 256, 1024}, {80, 192, 768}};
    for (long[] s : shapes) {
      Tensor x = random(s[0], s[1]);
      Tensor w1 = random(s[2], s[1]);
      Tensor b1 = random(s[2]);
      Tensor w2 = random(s[1], s[2]);
      Tensor b2 = random(s[1]);
      report("feed_forward " + Arrays.toString(s), 4.0 * s[0] * s[1] * s[2], () -> FeedForward.feedForward(x, w1, b1, w2, b2));
    }
  }

  private void attention() {
    // B, Nq, Nk, h, d
    long[][] shapes = {{24, 80, 80, 6, 32}, {24, 80, 80, 8, 32}, {24, 80, 20, 6, 32}, {1, 80, 80, 6, 32}, {1, 1280, 1280, 12, 64},
      {1, 1280, 1280, 12, 128}, {1, 4096, 4096, 2, 128}, {1, 4096, 512, 12, 128}};
    for (long[] s : shapes) {
      Tensor q = random(s[0], s[1], s[3], s[4]);
      Tensor k = random(s[0], s[2], s[3], s[4]);
      Tensor v = random(s[0], s[2], s[3], s[4]);
      Attention op = new Attention(Scores.of(s[4]), true);
      double flops = 4.0 * s[0] * s[1] * s[2] * s[3] * s[4];
      report("attention " + Arrays.toString(s) + " B Nq Nk h d", flops, () -> Trace.applyAll(op, q, k, v));
      Tensor rows = random(s[0], s[3], s[1]);
      AttentionBackward backward = new AttentionBackward(op.scores());
      report("  backward", 2.5 * flops, () -> Trace.applyAll(backward, q, k, v, rows, rows, q));
    }
  }

  private void convolutions() {
    // N, C, O, H, W, taps, stride
    long[][] shapes = {{68, 64, 64, 64, 64, 3, 1}, {68, 3, 64, 64, 64, 3, 1}, {68, 64, 3, 64, 64, 3, 1}, {68, 12, 24, 32, 32, 3,
      1}, {68, 24, 24, 32, 32, 3, 1}, {68, 48, 48, 16, 16, 3, 1}, {68, 96, 96, 8, 8, 3, 1}, {68, 16, 64, 8, 8, 3, 1}, {68, 64, 64,
        64, 64, 3, 2}, {68, 64, 64, 64, 64, 1, 1}};
    for (long[] s : shapes) {
      Window window = Window.of(2).stride((int) s[6], (int) s[6]).padding((int) s[5] / 2, (int) s[5] / 2);
      convolution(Arrays.toString(s) + " N C O H W k s", window, channelsLast(s[0], s[3], s[4], s[1]), random(s[2], s[1], s[5],
          s[5]));
    }
    Window causal = Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1));
    convolution("[1, 64, 17, 64, 64] 3x3x3 causal", causal, channelsLast(1, 17, 64, 64, 64), random(64, 64, 3, 3, 3));
    Window depthwise = Window.of(2).padding(1, 1).groups(64);
    convolution("[68, 64, 64, 64] depthwise", depthwise, channelsLast(68, 64, 64, 64), random(64, 1, 3, 3));
  }

  /// Images whose channels, given last, become the second axis.
  private Tensor channelsLast(long... sizes) {
    int[] axes = new int[sizes.length];
    for (int i = 1; i < axes.length; i++) axes[i] = i == 1 ? axes.length - 1 : i - 1;
    return random(sizes).permute(axes);
  }

  private void convolution(String what, Window window, Tensor x, Tensor w) {
    Tensor y = Convolution.convolution(x, w, window);
    double flops = new Convolution(window).cost(List.of(x.spec(), w.spec())).flops();
    report("conv " + what, flops, () -> Convolution.convolution(x, w, window));
    report("  input gradient", flops, () -> Trace.apply(new ConvolutionInputGradient(window, x.shape()), y, w));
    report("  weight gradient", flops, () -> Trace.apply(new ConvolutionWeightGradient(window, w.shape()), x, y));
    x.close();
    y.close();
  }

  /// The products of one iteration on a matrix of the shipped model, in each type.
  private void newtonSchulz() {
    for (DType type : List.of(DType.F32, DType.BF16)) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(256, 1024).to(type);
        Tensor a = random(256, 256).to(type);
        report("x xT [256, 1024] " + type, 2.0 * 256 * 256 * 1024, () -> x.matmul(x.transpose()));
        report("a a [256, 256] " + type, 2.0 * 256 * 256 * 256, () -> a.matmul(a));
        report("b x [256, 256] [256, 1024] " + type, 2.0 * 256 * 256 * 1024, () -> a.matmul(x));
      }
    }
  }

  private Tensor quantized(long rows, long columns) {
    try (Tensor w = random(rows, columns)) {
      return Quantize.quantize(w, DType.Q8_G64);
    }
  }

  private void linear(DType compute) {
    long[][] shapes = {{512, 1280, 1280}, {1920, 256, 256}, {1920, 192, 192}, {1920, 768, 192}, {1920, 192, 768}, {1920, 1024,
      256}, {1920, 256, 1024}, {1280, 1536, 4480}, {80, 192, 192}, {24, 1152, 192}, {1, 1536, 1536}, {4, 1536, 8960}};
    for (long[] s : shapes) {
      Tensor x = random(s[0], s[2]);
      Tensor w = compute == DType.I8 ? quantized(s[1], s[2]) : random(s[1], s[2]);
      Tensor b = random(s[1]);
      Linear op = new Linear(compute);
      report("linear " + compute + " " + Arrays.toString(s) + " MNK", 2.0 * s[0] * s[1] * s[2], () -> Trace.apply(op, x, w, b));
      if (s[0] == 1920 && compute != DType.I8) {
        Tensor dy = random(s[0], s[1]);
        report("  input gradient", 2.0 * s[0] * s[1] * s[2], () -> Trace.apply(op, dy, w.transpose()));
        report("  weight gradient", 2.0 * s[0] * s[1] * s[2], () -> Trace.apply(op, dy.transpose(), x.transpose()));
        dy.close();
      }
      x.close();
      w.close();
      b.close();
    }
  }
}
