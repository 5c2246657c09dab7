package dev.raiju.kernels.conformance;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.graph.Capture;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.graph.Plan;
import dev.raiju.tensor.graph.Replay;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.Window;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

/// Plans that were made for the CPU, replayed on a backend, give what the same code gives there. Extend it and name the backend.
///
/// The network goes through what the two lay out otherwise (a convolution), weights in blocks, attention and a feed-forward network.
public abstract class ReplayConformance {
  private static final Spec X = Spec.of(DType.F32, 1, 4, 2, 6, 7);
  private static final long TOKENS = 40;
  private static final long WIDTH = 32;
  private static final Spec TABLE = Spec.of(DType.F32, 9, WIDTH);
  // sums of what is joined to one formula are rounded once less
  private static final double CLOSE = 1e-5;

  /// For subclasses.
  protected ReplayConformance() {}

  /// The backend under test; asked for once in each test.
  protected abstract Backend backend();

  private static SequencedMap<String, Spec> weights() {
    SequencedMap<String, Spec> specs = new LinkedHashMap<>();
    specs.put("taps", Spec.of(DType.F32, WIDTH, 4, 1, 3, 3));
    specs.put("taps bias", Spec.of(DType.F32, WIDTH));
    for (String name : List.of("query", "key", "value")) specs.put(name, Spec.of(DType.Q8_G32_F16, WIDTH, WIDTH));
    specs.put("up", Spec.of(DType.F16, 2 * WIDTH, WIDTH));
    specs.put("up bias", Spec.of(DType.F32, 2 * WIDTH));
    specs.put("down", Spec.of(DType.Q4_G64_F16, WIDTH, 2 * WIDTH));
    specs.put("down bias", Spec.of(DType.F32, WIDTH));
    return specs;
  }

  private static Tensor typed(Tensor wide, DType type) { return type.isBlock() ? Quantize.quantize(wide, type) : wide.to(type); }

  private static Map<String, Tensor> weights(Device device) {
    Map<String, Tensor> made = new LinkedHashMap<>();
    weights().forEach((name, spec) -> made.put(name, typed(numbers(made.size() + 10, spec).mul(0.2), spec.dtype()).to(device)));
    return made;
  }

  private static Tensor numbers(int seed, Spec spec) { return Rng.of(seed).normal(Device.named("cpu"), spec.shape().sizes()); }

  private static Tensor of(Map<String, Tensor> weights, String name) { return Objects.requireNonNull(weights.get(name)); }

  private static Tensor heads(Tensor x, Map<String, Tensor> w, String name) {
    return Linear.linear(x, of(w, name)).reshape(1, TOKENS, 2, WIDTH / 2);
  }

  private static SequencedMap<String, Tensor> network(Tensor x, Map<String, Tensor> w) {
    Tensor image = Elementwise.silu(Convolution.convolution(x, of(w, "taps"), of(w, "taps bias"), Window.of(3)));
    Tensor tokens = image.permute(0, 2, 3, 4, 1).reshape(1, TOKENS, WIDTH);
    Tensor even = LayerNorm.layerNorm(tokens, 1e-6f);
    Tensor seen = Attention.attention(heads(even, w, "query"), heads(even, w, "key"), heads(even, w, "value"));
    Tensor mixed = tokens.add(seen.reshape(1, TOKENS, WIDTH));
    Tensor made = FeedForward.feedForward(LayerNorm.layerNorm(mixed, 1e-6f), of(w, "up"), of(w, "up bias"), of(w, "down"), of(w,
        "down bias"));
    SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
    outputs.put("rows", made.mul(2).sub(mixed));
    outputs.put("image", image);
    return outputs;
  }

  /// What a plan is made of.
  private interface Code {
    SequencedMap<String, Tensor> run(Capture capture);
  }

  private static PlacedGraph placed(Code code) {
    Device cpu = Device.named("cpu");
    try (Scope _ = Scope.open(); Capture capture = Capture.on(cpu)) {
      return Plan.of(capture.graph(code.run(capture)), cpu).placed();
    }
  }

  private static Map<String, Tensor> declared(Capture capture, Map<String, Spec> specs) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    specs.forEach((name, spec) -> weights.put(name, typed(Tensor.full(spec.with(DType.F32), 0, capture.device()), spec.dtype())));
    capture.weights(weights);
    return weights;
  }

  /// A replay of the network; its one input is `x`.
  protected final Replay replay(Device device) {
    PlacedGraph plan = placed(capture -> network(capture.input("x", X), declared(capture, weights())));
    try (Scope _ = Scope.open()) {
      return Plan.of(plan, device).replay(weights(device));
    }
  }

  /// An input of the network.
  protected final Tensor input(int seed, Device device) { return numbers(seed, X).to(device); }

  private static void assertClose(String what, float[] wanted, float[] found) {
    double largest = 0;
    for (float value : wanted) largest = Math.max(largest, Math.abs(value));
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - found[i]) <= CLOSE * largest))
        throw new AssertionError(what + " at " + i + ": " + found[i] + "; eager gives " + wanted[i]);
    }
  }

  @Test
  public final void replayEqualsEager() {
    Device device = Device.of(backend());
    try (Scope _ = Scope.open(); Replay replay = replay(device)) {
      Map<String, Tensor> weights = weights(device);
      float[] first = {};
      for (int seed : new int[] {1, 2, 1}) {
        SequencedMap<String, Tensor> found = replay.run(Map.of("x", input(seed, device)));
        SequencedMap<String, Tensor> wanted = network(input(seed, device), weights);
        wanted.forEach((name, tensor) -> assertClose(name, tensor.toFloats(), of(found, name).toFloats()));
        float[] rows = of(found, "rows").toFloats();
        if (first.length == 0) first = rows;
        else if (seed == 1 && !Arrays.equals(first, rows)) throw new AssertionError("the same input, another result");
      }
    }
  }

  private static Tensor afterPicking(Tensor rows) {
    return Elementwise.silu(LayerNorm.layerNorm(LayerNorm.layerNorm(rows.mul(3), 1e-6f).add(1), 1e-6f));
  }

  private static Tensor table(Device device) { return numbers(5, TABLE).to(device); }

  /// A replay that picks rows by its one input `ids`, three of i32, and does more with them: an index is looked at before it is used,
  /// and some backends wait for that.
  protected final Replay picking(Device device) {
    PlacedGraph plan = placed(capture -> {
      Tensor rows = Gather.gather(of(declared(capture, Map.of("table", TABLE)), "table"), 0, capture.input("ids", Spec.of(
          DType.I32, 3)));
      SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
      outputs.put("rows", afterPicking(rows));
      return outputs;
    });
    try (Scope _ = Scope.open()) {
      return Plan.of(plan, device).replay(Map.of("table", table(device)));
    }
  }

  @Test
  public final void plansThatWaitAreReplayedToo() {
    Device device = Device.of(backend());
    try (Scope _ = Scope.open(); Replay replay = picking(device)) {
      for (int[] ids : new int[][] {{1, 8, 1}, {0, 2, 4}}) {
        Tensor picked = Tensor.of(ids, 3).to(device);
        Tensor found = of(replay.run(Map.of("ids", picked)), "rows");
        assertClose("rows", afterPicking(Gather.gather(table(device), 0, picked)).toFloats(), found.toFloats());
      }
      try {
        replay.run(Map.of("ids", Tensor.of(new int[] {0, 9, 0}, 3).to(device)));
        throw new AssertionError("an index that is none was read through");
      } catch (ShapeException e) {
        if (!String.valueOf(e.getMessage()).contains("index 9")) throw e;
      }
    }
  }
}
