package dev.raiju.kernels.metal;

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
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Every barrier of the kernels is needed: without it, one of three orders of threads gives other results.
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
    work.put("bad index", BarriersTest::badIndex);
    work.put("matmul", d -> bits(values(d, 6, 70, 40).matmul(values(d, 7, 40, 70))));
    work.put("attention", d -> bits(Attention.attention(values(d, 10, 1, 20, 1, 40), values(d, 11, 1, 70, 1, 40), values(d, 12, 1,
        70,
        1, 40))));
    for (DType type : List.of(DType.F16, DType.BF16)) {
      work.put("linear " + type, d -> bits(Linear.linear(values(d, 8, 20, 104).to(type), values(d, 9, 24, 104).to(type))));
      work.put("narrow attention " + type, d -> bits(Attention.attention(values(d, 14, 1, 40, 1, 16).to(type), values(d, 15, 1,
          70, 1,
          16).to(type), values(d, 16, 1, 70, 1, 16).to(type))));
    }
    work.put("linear in blocks", d -> bits(Linear.linear(values(d, 17, 20, 128), Quantize.quantize(values(d, 18, 24, 128),
        DType.Q4_G64))));
    work.put("attention gradient", BarriersTest::gradients);
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
    List<Tensor> all = Trace.applyAll(scores, values(d, 20, 1, 20, 2, 40), values(d, 21, 1, 35, 1, 40), values(d, 22, 1, 35, 1,
        40),
        values(d, 23, 1, 2, 20), values(d, 24, 1, 2, 20), values(d, 25, 1, 20, 2, 40));
    return all.stream().map(BarriersTest::bits).toList();
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
  private Map<String, Object> results(int schedule, Set<String> wanted) {
    StandIn.tell("standInSchedule", schedule);
    Map<String, Object> all = new LinkedHashMap<>();
    for (String name : wanted) {
      try (Scope scope = Scope.open()) {
        all.put(name, work.get(name).apply(device));
      } catch (RuntimeException e) {
        all.put(name, String.valueOf(e.getMessage()));
      }
    }
    return all;
  }

  @AfterEach
  void byTurns() {
    StandIn.tell("standInSchedule", -1);
    StandIn.wasUsedRightly();
  }

  @Test
  void resultsAreTheSameInEveryOrderOfThreads() {
    Map<String, Object> first = results(0, work.keySet());
    assertEquals("gather: index 7: must be 0 to 2", first.get("bad index"));
    for (int schedule = 1; schedule < SCHEDULES; schedule++) assertEquals(first, results(schedule, work.keySet()));
  }

  /// Which barriers each piece of work passes, so that only what could miss one is done without it.
  private Map<String, Set<String>> users() {
    Map<String, Set<String>> users = new LinkedHashMap<>();
    for (String name : work.keySet()) {
      Map<String, Long> before = StandIn.reached();
      results(0, Set.of(name));
      StandIn.reached().forEach((site, count) -> {
        if (count > before.getOrDefault(site, 0L)) users.computeIfAbsent(site, _ -> new TreeSet<>()).add(name);
      });
    }
    return users;
  }

  @Test
  void everyBarrierIsMissed() {
    Map<String, Object> right = results(0, work.keySet());
    Map<String, Set<String>> users = users();
    List<String> unnoticed = new ArrayList<>();
    users.forEach((site, names) -> {
      StandIn.site(site, true);
      boolean noticed = false;
      for (int schedule = 0; schedule < SCHEDULES && !noticed; schedule++) {
        for (String name : names) noticed |= !right.get(name).equals(results(schedule, Set.of(name)).get(name));
      }
      StandIn.site(site, false);
      if (!noticed) unnoticed.add(site);
    });
    System.out.println("metal: " + users.size() + " barriers, each switched off in turn under " + SCHEDULES + " orders");
    assertEquals(List.of(), unnoticed);
    assertEquals(right, results(0, work.keySet()));
  }

  /// The work above passes every barrier that the sources have.
  @Test
  void everyBarrierIsPassed() {
    results(0, work.keySet());
    Set<String> written = new TreeSet<>();
    Pattern barrier = Pattern.compile("^\\s*(threadgroup_barrier|simdgroup_barrier)\\(");
    for (String file : StandIn.kernelFiles()) {
      List<String> lines = Pipelines.source(file).lines().toList();
      // the first line names the file
      for (int i = 1; i < lines.size(); i++) {
        var found = barrier.matcher(lines.get(i));
        if (found.find()) written.add(file + ".metal:" + i + " " + found.group(1));
      }
    }
    assertTrue(written.size() >= 10, "" + written);
    Set<String> passed = new TreeSet<>(StandIn.reached().keySet());
    // other tests have kernels of their own
    passed.removeIf(site -> StandIn.kernelFiles().stream().noneMatch(file -> site.startsWith(file + ".metal:")));
    assertEquals(written, passed);
  }
}
