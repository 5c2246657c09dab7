package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.SquaredLengths;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Every barrier and every wait of the kernels is needed: without it, one of three orders of threads gives other results.
class BarriersTest {
  private static final int SCHEDULES = 3;

  private final Device device = Device.of(StandIn.backend());
  private final Map<String, Function<Device, Object>> work = new LinkedHashMap<>();

  BarriersTest() {
    work.put("sum", d -> bits(values(d, 1, 3, 300).sum(1)));
    work.put("integer sum", d -> bits(values(d, 2, 3, 300).mul(1000).to(DType.I32).sum(1)));
    work.put("layer norm", d -> bits(LayerNorm.layerNorm(values(d, 3, 2, 300), 1e-6f)));
    work.put("softmax", d -> bits(Softmax.softmax(values(d, 4, 2, 300), 1)));
    work.put("log sum exp", d -> bits(LogSumExp.logSumExp(values(d, 5, 2, 300), false, 1)));
    work.put("squared lengths", d -> bits(SquaredLengths.squaredLengths(List.of(values(d, 5, 5000), values(d, 6, 70)))));
    work.put("bad index", BarriersTest::badIndex);
    work.put("matmul", d -> bits(values(d, 6, 70, 40).matmul(values(d, 7, 40, 70))));
    work.put("linear", d -> bits(Linear.linear(values(d, 8, 20, 168).to(DType.BF16), values(d, 9, 24, 168).to(DType.BF16))));
    work.put("attention", d -> bits(Attention.attention(values(d, 10, 1, 20, 1, 40), values(d, 11, 1, 70, 1, 40), values(d, 12, 1,
        70,
        1, 40))));
    work.put("attention gradient", BarriersTest::gradients);
    work.put("narrow attention", d -> bits(Attention.attention(values(d, 14, 1, 20, 1, 64).to(DType.BF16), values(d, 15, 1, 140,
        1, 64)
        .to(DType.BF16), values(d, 16, 1, 140, 1, 64).to(DType.BF16))));
    work.put("narrow attention gradient", BarriersTest::narrowGradients);
  }

  private static Tensor values(Device device, int seed, long... sizes) {
    float[] numbers = new float[Math.toIntExact(Shape.of(sizes).elements())];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < numbers.length; i++) numbers[i] = rng.nextInt(2001) / 1000f - 1;
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(numbers), device);
  }

  private static List<Long> bits(Tensor t) { return Arrays.stream(t.toDoubles()).mapToObj(Double::doubleToRawLongBits).toList(); }

  /// Two query heads for each key head; scores are small, so that any numbers do for the log-sum-exp.
  private static Object gradients(Device d) {
    var scores = new AttentionBackward(Scores.of(40));
    List<Tensor> all = Trace.applyAll(scores, values(d, 20, 1, 20, 2, 40), values(d, 21, 1, 70, 1, 40), values(d, 22, 1, 70, 1,
        40), values(
            d, 23, 1, 2, 20), values(d, 24, 1, 2, 20), values(d, 25, 1, 20, 2, 40));
    return all.stream().map(BarriersTest::bits).toList();
  }

  private static Object narrowGradients(Device d) {
    Tensor[] in = {values(d, 26, 1, 20, 2, 40), values(d, 27, 1, 70, 1, 40), values(d, 28, 1, 70, 1, 40), values(d, 23, 1, 2, 20),
      values(d, 24, 1, 2, 20), values(d, 29, 1, 20, 2, 40)};
    for (int i = 0; i < in.length; i++) if (in[i].rank() == 4) in[i] = in[i].to(DType.BF16);
    return Trace.applyAll(new AttentionBackward(Scores.of(40)), in).stream().map(BarriersTest::bits).toList();
  }

  /// The message for an index that only one of the last threads meets.
  private static Object badIndex(Device device) {
    long[] indices = new long[200];
    indices[130] = 7;
    try {
      return bits(Gather.gather(values(device, 13, 3, 2), 0, Tensor.of(Spec.of(DType.I64, 200), MemorySegment.ofArray(indices),
          device)));
    } catch (ShapeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /// All results in one order of threads; of work that fails, how.
  private Map<String, Object> results(int schedule) {
    StandIn.tell("standInSchedule", schedule);
    Map<String, Object> all = new LinkedHashMap<>();
    work.forEach((name, of) -> {
      try (Scope scope = Scope.open()) {
        all.put(name, of.apply(device));
      } catch (RuntimeException e) {
        StandIn.tell("standInForget", 0);
        all.put(name, String.valueOf(e.getMessage()));
      }
    });
    return all;
  }

  @AfterEach
  void byTurns() { StandIn.tell("standInSchedule", -1); }

  @Test
  void resultsAreTheSameInEveryOrderOfThreads() {
    Map<String, Object> first = results(0);
    assertEquals("gather: index 7: must be 0 to 2", first.get("bad index"));
    for (int schedule = 1; schedule < SCHEDULES; schedule++) assertEquals(first, results(schedule));
  }

  @Test
  void everyBarrierAndWaitIsMissed() {
    Map<String, Object> right = results(0);
    List<String> sites = StandIn.sites();
    List<String> unnoticed = new ArrayList<>();
    for (String site : sites) {
      StandIn.site(site, true);
      boolean noticed = false;
      for (int schedule = 0; schedule < SCHEDULES && !noticed; schedule++) noticed = !right.equals(results(schedule));
      StandIn.site(site, false);
      if (!noticed) unnoticed.add(site);
    }
    System.out.println("cuda: " + sites.size() + " barriers and waits, each switched off in turn under " + SCHEDULES + " orders");
    assertTrue(sites.size() >= 12, "" + sites);
    assertEquals(List.of(), unnoticed);
    assertEquals(right, results(0));
  }
}
