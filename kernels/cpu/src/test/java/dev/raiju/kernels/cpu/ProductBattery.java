package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.of;
import static dev.raiju.kernels.cpu.TestTensors.random;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/// Checksums of products. They must be the same on every vector width and number of threads, and those of f32 on
/// every provider. As a program it prints
/// them, for runs under other flags.
final class ProductBattery {
  private final Device device;
  private final Map<String, Long> sums = new LinkedHashMap<>();

  private ProductBattery(Device device) { this.device = device; }

  public static void main(String[] arguments) {
    CpuBackend backend = new CpuBackend(Integer.parseInt(arguments[0]));
    System.out.println(backend.describe());
    checksums(Device.of(backend)).forEach((name, sum) -> System.out.println(name + "=" + sum));
  }

  static Map<String, Long> checksums(Device device) {
    ProductBattery battery = new ProductBattery(device);
    try (Scope scope = Scope.open()) {
      battery.products();
      battery.attention();
      battery.convolutions();
    }
    return battery.sums;
  }

  private Tensor values(long seed, long... sizes) { return of(device, DType.F32, random(DType.F32, seed, sizes), sizes); }

  private void note(String name, Tensor result) {
    CRC32 crc = new CRC32();
    for (double value : TestTensors.values(result)) {
      int bits = Float.floatToIntBits((float) value);
      for (int shift = 0; shift < 32; shift += 8) crc.update(bits >>> shift);
    }
    sums.put(name, crc.getValue());
  }

  private void products() {
    Tensor x = values(1, 75, 401);
    Tensor w = values(2, 53, 401);
    note("matmul", x.matmul(w.transpose()));
    note("gradient", w.matmul(x.transpose()));
    note("batched", values(3, 17, 20, 33).matmul(values(4, 17, 33, 18)));
    note("one row", values(5, 1, 401).matmul(w.transpose()));
    note("bf16", Trace.apply(new Linear(DType.BF16), x, w, values(6, 53)));
    note("bf16 large", Trace.apply(new Linear(DType.BF16), values(11, 300, 900), values(12, 200, 900)));
    Tensor b1 = values(7, 53);
    note("feed_forward", FeedForward.feedForward(x, w, b1, values(8, 401, 53), values(9, 401)));
    note("gated", FeedForward.gatedFeedForward(x, w, values(10, 53, 401), values(11, 401, 53)));
  }

  private void attention() {
    Tensor q = values(1, 2, 80, 4, 32);
    Tensor k = values(2, 2, 300, 2, 32);
    Tensor v = values(3, 2, 300, 2, 20);
    Tensor bias = values(4, 1, 4, 80, 300);
    Scores scores = new Scores(0.3, true, false, 16, 230);
    List<Tensor> out = Trace.applyAll(new Attention(scores, true), q, k, v, bias);
    note("attention", out.get(0));
    note("log-sum-exp", out.get(1));
    Tensor delta = values(5, 2, 4, 80);
    Tensor gradient = values(6, 2, 80, 4, 20);
    List<Tensor> gradients = Trace.applyAll(new AttentionBackward(scores), q, k, v, bias, out.get(1), delta, gradient);
    for (int i = 0; i < gradients.size(); i++) note("attention gradient " + i, gradients.get(i));
  }

  private void convolutions() {
    convolution("2d", Window.of(2).padding(1, 1), Shape.of(3, 7, 19, 23), Shape.of(37, 7, 3, 3), Shape.of(3, 37, 19, 23));
    convolution("strided", Window.of(2).stride(2, 2), Shape.of(2, 16, 20, 20), Shape.of(5, 16, 2, 2), Shape.of(2, 5, 10, 10));
    Window causal = Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1));
    convolution("3d", causal, Shape.of(1, 12, 3, 10, 11), Shape.of(20, 12, 3, 3, 3), Shape.of(1, 20, 3, 10, 11));
  }

  private void convolution(String name, Window window, Shape x, Shape w, Shape y) {
    Tensor input = values(1, x.sizes());
    Tensor weight = values(2, w.sizes());
    Tensor gradient = values(3, y.sizes());
    note("convolution " + name, Convolution.convolution(input, weight, window));
    note("input gradient " + name, Trace.apply(new ConvolutionInputGradient(window, x), gradient, weight));
    note("weight gradient " + name, Trace.apply(new ConvolutionWeightGradient(window, w), input, gradient));
  }
}
