package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.assertClose;
import static dev.raiju.kernels.cpu.TestTensors.values;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Window;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What PyTorch computed, in float32, for masks, paddings and gradients that a loop of ours might share a mistake about.
final class GoldenProductsTest {
  private static final double TOLERANCE = 2e-5;
  private static final Map<String, Golden> GOLDEN = read();

  private record Golden(long[] sizes, double[] values) {}

  static Stream<Device> devices() { return TestDevices.ALL.stream(); }

  @ParameterizedTest
  @MethodSource("devices")
  void linear(Device device) {
    try (Scope scope = Scope.open()) {
      Tensor y = Linear.linear(in(device, "linear.in.x"), in(device, "linear.in.w"), in(device, "linear.in.b"));
      assertGolden("linear.out", y);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void batchedProductAndItsGradients(Device device) {
    try (Scope scope = Scope.open()) {
      Tensor a = in(device, "bmm.in.a");
      Tensor b = in(device, "bmm.in.b");
      Tensor d = in(device, "bmm.cotangent");
      assertGolden("bmm.out", a.matmul(b));
      assertGolden("bmm.g.a", d.matmul(b.transpose()));
      assertGolden("bmm.g.b", a.transpose().matmul(d));
    }
  }

  static Stream<org.junit.jupiter.params.provider.Arguments> convolutions() {
    Map<String, Window> windows = Map.of("conv2d_k1", Window.of(2), "conv2d_k3p1", Window.of(2).padding(1, 1),
        "conv2d_k3s2_padrb", Window
            .of(2).stride(2, 2).padding(List.of(0, 0), List.of(1, 1)), "conv2d_k3s2p1_nobias", Window.of(2).stride(2, 2).padding(
                1, 1),
        "conv3d_causal_k3", Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1)), "conv3d_k3p1", Window.of(3).padding(1, 1,
            1),
        "conv3d_patch122", Window.of(3).stride(1, 2, 2), "conv3d_time_causal", Window.of(3).padding(List.of(2, 0, 0), List.of(0,
            0,
            0)), "conv3d_time_stride2", Window.of(3).stride(2, 1, 1));
    return devices().flatMap(device -> windows.entrySet().stream().map(e -> org.junit.jupiter.params.provider.Arguments.of(device,
        e
            .getKey(), e.getValue())));
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionAndItsGradients(Device device, String name, Window window) {
    try (Scope scope = Scope.open()) {
      Tensor x = in(device, name + ".in.x");
      Tensor w = in(device, name + ".in.w");
      Tensor d = in(device, name + ".cotangent");
      Tensor y = GOLDEN.containsKey(name + ".in.b")
          ? Convolution.convolution(x, w, in(device, name + ".in.b"), window)
          : Convolution.convolution(x, w, window);
      assertGolden(name + ".out", y);
      assertGolden(name + ".g.x", Trace.apply(new ConvolutionInputGradient(window, x.shape()), d, w));
      assertGolden(name + ".g.w", Trace.apply(new ConvolutionWeightGradient(window, w.shape()), x, d));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void attention(Device device) { checkAttention(device, "sdpa", false); }

  /// The first sample sees 4 of the 7 keys.
  @ParameterizedTest
  @MethodSource("devices")
  void attentionWithKeyMask(Device device) { checkAttention(device, "sdpa_keymask", true); }

  private static void checkAttention(Device device, String name, boolean masked) {
    try (Scope scope = Scope.open()) {
      // stored [B, h, N, d]; the transposed views are read as they are
      Tensor q = in(device, name + ".in.q").transpose(1, 2);
      Tensor k = in(device, name + ".in.k").transpose(1, 2);
      Tensor v = in(device, name + ".in.v").transpose(1, 2);
      Tensor d = in(device, name + ".cotangent").transpose(1, 2);
      double[] seen = new double[14];
      Arrays.fill(seen, 0, 4, 1);
      Arrays.fill(seen, 7, 14, 1);
      Tensor mask = TestTensors.of(device, DType.BOOL, seen, 2, 1, 1, 7);
      Scores scores = new Scores(1 / Math.sqrt(8), false, masked, 0, 0);
      Tensor[] in = masked ? new Tensor[] {q, k, v, mask} : new Tensor[] {q, k, v};
      List<Tensor> out = Trace.applyAll(new Attention(scores, true), in);
      assertGolden(name + ".out", out.get(0).transpose(1, 2));
      double[] products = new double[30];
      double[] o = values(out.get(0).transpose(1, 2));
      for (int i = 0; i < o.length; i++) products[i / 8] += o[i] * values(d.transpose(1, 2))[i];
      Tensor delta = TestTensors.of(device, DType.F32, products, 2, 3, 5);
      Tensor[] all = Stream.concat(Arrays.stream(in), Stream.of(out.get(1), delta, d)).toArray(Tensor[]::new);
      List<Tensor> gradients = Trace.applyAll(new AttentionBackward(scores), all);
      assertGolden(name + ".g.q", gradients.get(0).transpose(1, 2));
      assertGolden(name + ".g.k", gradients.get(1).transpose(1, 2));
      assertGolden(name + ".g.v", gradients.get(2).transpose(1, 2));
    }
  }

  /// Rotated queries and keys of a transformer block, up to the output of its self-attention.
  @ParameterizedTest
  @MethodSource("devices")
  void selfAttentionOfABlock(Device device) {
    try (Scope scope = Scope.open()) {
      Tensor v = in(device, "block.mid.self.v").reshape(2, 24, 2, 32);
      Tensor seen = Attention.attention(in(device, "block.mid.self.q_rope"), in(device, "block.mid.self.k_rope"), v);
      Tensor y = Linear.linear(seen.reshape(2, 24, 64), in(device, "block.w.self_attn.o.weight"), in(device,
          "block.w.self_attn.o.bias"));
      assertGolden("block.mid.self.out", y);
    }
  }

  @Test
  void readsAllOfTheFile() { assertEquals(104, GOLDEN.size()); }

  private static Tensor in(Device device, String name) {
    Golden golden = GOLDEN.get(name);
    return TestTensors.of(device, DType.F32, golden.values(), golden.sizes());
  }

  private static void assertGolden(String name, Tensor got) {
    assertEquals(Shape.of(GOLDEN.get(name).sizes()), got.shape(), name);
    assertClose(GOLDEN.get(name).values(), values(got), TOLERANCE, name);
  }

  /// The tensors of a safetensors file of f32: a length, a header in JSON, the values.
  private static Map<String, Golden> read() {
    try (InputStream stream = GoldenProductsTest.class.getResourceAsStream("/golden/products.safetensors")) {
      ByteBuffer file = ByteBuffer.wrap(stream.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int headerBytes = (int) file.getLong(0);
      String header = new String(file.array(), 8, headerBytes, StandardCharsets.UTF_8);
      Matcher entries = Pattern.compile(
          "\"([^\"]+)\":\\{\"dtype\":\"F32\",\"shape\":\\[([^]]*)],\"data_offsets\":\\[(\\d+),(\\d+)]").matcher(
              header);
      Map<String, Golden> all = new TreeMap<>();
      while (entries.find()) {
        long[] sizes = Arrays.stream(entries.group(2).split(",")).filter(s -> !s.isEmpty()).mapToLong(Long::parseLong).toArray();
        int begin = 8 + headerBytes + Integer.parseInt(entries.group(3));
        double[] values = new double[(int) Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) values[i] = file.getFloat(begin + 4 * i);
        all.put(entries.group(1), new Golden(sizes, values));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
