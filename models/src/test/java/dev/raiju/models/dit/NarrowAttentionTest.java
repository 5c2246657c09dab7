package dev.raiju.models.dit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Attention of a model whose products are in bf16, over f32 or over bf16, as the device says for so many keys.
class NarrowAttentionTest {
  private static final Device CPU = Device.named("cpu");
  private static final WanConfig CONFIG = new WanConfig(96, 2, 48, 64, 1, 32, 16, 32, 4, 4, new WanConfig.Patch(1, 1, 1), 1e-6f,
      10000);

  /// What attention gives over some tokens, and the gradient of its input.
  private record Result(float[] output, float[] gradient, List<DType> attended) {}

  private static Result run(DType compute, int tokens) {
    List<DType> attended = new ArrayList<>();
    try (Scope scope = Scope.open();
        WanAttention created = WanAttention.create(Initializer.random(Rng.of(5), CPU), CONFIG);
        WanAttention attention = created.with(created.parameters().values().stream().map(t -> t.rank() < 2
            ? t.alias()
            : Rng.of(t.size(0)).normal(CPU, t.shape().sizes()).mul(0.1).alias()).toList()).computing(compute)) {
      Tensor x = Rng.of(1).normal(CPU, 1, tokens, 96);
      Tensor wanted = Rng.of(2).normal(CPU, 1, tokens, 96);
      RotaryTables rope = RotaryTables.of(new TokenGrid(1, 1, tokens), CONFIG, DType.F32, CPU);
      try (rope; Tape tape = Tape.record(List.of(x)); var _ = Trace.listen((op, in, _) -> {
        if (op instanceof Attention) attended.add(in.getFirst().dtype());
      })) {
        Tensor y = attention.self(x, rope);
        Gradients gradients = tape.gradients(y.mul(wanted).sum(), x);
        return new Result(y.toFloats(), gradients.of(x).toFloats(), attended);
      }
    }
  }

  private static double error(float[] exact, float[] found) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      difference += Math.pow(exact[i] - (double) found[i], 2);
      size += Math.pow(exact[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  @Test
  void theDeviceSaysWhatIsNarrowed() {
    for (int tokens : new int[] {80, 300}) {
      Spec heads = Spec.of(DType.F32, 1, tokens, 2, 48);
      boolean narrows = CPU.backend().narrowsAttention(List.of(heads, heads, heads));
      assertTrue(!narrows || tokens > 80);
      assertEquals(List.of(narrows ? DType.BF16 : DType.F32), run(DType.BF16, tokens).attended());
      assertEquals(List.of(DType.F32), run(DType.F32, tokens).attended());
    }
  }

  /// Numbers of bf16 are off by 1/512 at most; products of many add up to no more than a few times that.
  @Test
  void narrowedItIsAsExactAsItsProducts() {
    Result exact = run(DType.F32, 300);
    Result narrow = run(DType.BF16, 300);
    assertTrue(error(exact.output(), narrow.output()) < 0.01, "output " + error(exact.output(), narrow.output()));
    assertTrue(error(exact.gradient(), narrow.gradient()) < 0.02, "gradient " + error(exact.gradient(), narrow.gradient()));
  }
}
