package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.Losses;
import dev.raiju.tensor.op.Resize;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Variance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Operations as PyTorch computed them.
final class GoldenOpsTest {
  private static final Golden GOLDEN = Golden.open("ops");

  /// The inputs of one operation, by name.
  private record Inputs(String op, Device device) {
    Tensor get(String name) { return GOLDEN.tensor(op + ".in." + name, device); }

    Tensor x() { return get("x"); }
  }

  private static Map<String, Function<Inputs, Tensor>> ops() {
    Map<String, Function<Inputs, Tensor>> ops = new LinkedHashMap<>();
    ops.put("gelu_tanh", in -> Elementwise.geluTanh(in.x()));
    ops.put("gelu_erf", in -> Elementwise.geluErf(in.x()));
    ops.put("silu", in -> Elementwise.silu(in.x()));
    ops.put("relu", in -> Elementwise.relu(in.x()));
    ops.put("tanh3", in -> in.x().div(3).tanh().mul(3));
    ops.put("sigmoid", in -> Elementwise.sigmoid(in.x()));
    ops.put("softmax_last", in -> Softmax.softmax(in.x().mul(4), -1));
    ops.put("log_softmax_last", in -> Softmax.logSoftmax(in.x().mul(4), -1));
    ops.put("rmsnorm_wan", in -> RmsNorm.rmsNorm(in.x(), in.get("w"), 1e-6f));
    ops.put("layernorm_noaffine", in -> LayerNorm.layerNorm(in.x(), 1e-6f));
    ops.put("layernorm_affine", in -> LayerNorm.layerNorm(in.x(), in.get("w"), in.get("b"), 1e-6f));
    ops.put("channel_rmsnorm_vae", in -> ChannelNorm.channelNorm(in.x(), in.get("gamma").reshape(6)));
    ops.put("groupnorm", in -> GroupNorm.groupNorm(in.x(), 4, in.get("w"), in.get("b"), 1e-5f));
    ops.put("cumsum", in -> CumulativeSum.cumulativeSum(in.x(), 1));
    ops.put("broadcast_mul_add", in -> in.x().mul(in.get("s").add(1)).add(in.get("b")));
    ops.put("mse_mean", in -> Losses.mse(in.get("a"), in.get("b")));
    ops.put("upsample_nearest2", in -> Resize.nearest(in.x(), 2));
    ops.put("pixel_shuffle2", in -> Resize.pixelShuffle(in.x(), 2));
    ops.put("pixel_unshuffle2", in -> Resize.pixelUnshuffle(in.x(), 2));
    ops.put("avgpool2", in -> Resize.averagePool(in.x(), 2, 2));
    ops.put("var_mean", in -> Tensor.concat(1, Variance.variance(in.x(), false, 2), in.x().mean(2)));
    return ops;
  }

  @TestFactory
  Stream<DynamicTest> matchesPyTorch() {
    return ops().entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
      for (Device device : Fixtures.BOTH) {
        try (Scope scope = Scope.open()) {
          Tensor got = entry.getValue().apply(new Inputs(entry.getKey(), device));
          Fixtures.assertClose(GOLDEN.doubles(entry.getKey() + ".out"), got.toDoubles(), 2e-6);
        }
      }
    }));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "bf16"})
  void castsAreExact(String type) {
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor got = GOLDEN.tensor("cast.f32", device).to(DType.parse(type));
        assertArrayEquals(GOLDEN.doubles("cast." + type), got.toDoubles());
      }
    }
  }
}
