package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.SquaredLengths;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Steps over many tensors by one launch: below, at and above a chunk, and at addresses from which four do not move as one; against
/// loops in double.
class OptimizerStepTest {
  private static final int[] SIZES = {1, 4095, 4096, 4097, 12_301, 3, 0, 8192, 517};
  private static final float[] SCHEDULE = {0.01f, 0.5f, 0.25f, 0.75f, 0.9f, 0.1f};
  private static final AdamW RULE = new AdamW(0.9, 0.99, 1e-8, 0.01);

  private final Device device = Device.of(StandIn.backend());

  @AfterEach
  void byTurns() { StandIn.tell("standInSchedule", -1); }

  /// Numbers from `low` on; every other tensor begins one element behind a place that four could move from.
  private Tensor numbers(int seed, int tensor, double low) {
    int count = SIZES[tensor];
    float[] numbers = new float[count + 1];
    Rng rng = Rng.of(seed).stream("tensor " + tensor);
    for (int i = 0; i <= count; i++) numbers[i] = (float) (low + rng.nextInt(2001) / 1000.0);
    Tensor all = Tensor.of(numbers, count + 1).to(device);
    return tensor % 2 == 0 ? all.slice(0, 0, count).contiguous() : all.slice(0, 1, count);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void adamWTakesOneLaunchForAll(boolean averaged) {
    try (Scope scope = Scope.open()) {
      List<AdamW.Parameter> parameters = new ArrayList<>();
      List<double[][]> before = new ArrayList<>();
      for (int t = 0; t < SIZES.length; t++) {
        var parameter = new AdamW.Parameter(numbers(1, t, -1), numbers(2, t, -1), numbers(3, t, 0.01), numbers(4, t, -1), averaged
            ? Optional.of(numbers(5, t, -1))
            : Optional.empty());
        parameters.add(parameter);
        before.add(values(parameter));
      }
      Tensor schedule = Tensor.of(averaged ? SCHEDULE : new float[] {0.01f, 0.5f, 0.25f, 0.75f}, averaged ? 6 : 4).to(device);
      int launches = StandIn.tell("standInLaunches", 0);
      RULE.step(parameters, schedule);
      assertEquals(1, StandIn.tell("standInLaunches", 0) - launches);
      for (int t = 0; t < SIZES.length; t++) assertStepped(before.get(t), values(parameters.get(t)), averaged);
    }
  }

  private static double[][] values(AdamW.Parameter all) {
    double[] average = all.average().map(Tensor::toDoubles).orElse(new double[0]);
    return new double[][] {all.p().toDoubles(), all.m().toDoubles(), all.v().toDoubles(), all.g().toDoubles(), average};
  }

  private static void assertStepped(double[][] before, double[][] after, boolean averaged) {
    for (int i = 0; i < before[0].length; i++) {
      double g = before[3][i] * 0.75;
      double m = 0.9 * before[1][i] + 0.1 * g;
      double v = 0.99 * before[2][i] + 0.01 * g * g;
      double p = before[0][i] * (1 - 0.01 * 0.01) - 0.01 / 0.5 * m / (Math.sqrt(v) / 0.25 + 1e-8);
      // a dozen operations on numbers around 1
      assertEquals(m, after[1][i], 2e-6, "m " + i);
      assertEquals(v, after[2][i], 2e-6, "v " + i);
      assertEquals(p, after[0][i], 2e-6, "p " + i);
      if (averaged) assertEquals(0.9 * before[4][i] + 0.1 * p, after[4][i], 2e-6, "average " + i);
    }
  }

  @Test
  void lengthsTakeTwoLaunchesAndAreTheSameInEveryOrderOfThreads() {
    try (Scope scope = Scope.open()) {
      List<Tensor> all = new ArrayList<>();
      for (int t = 0; t < SIZES.length; t++) all.add(numbers(6, t, -1));
      List<double[]> found = new ArrayList<>();
      for (int schedule = 0; schedule < 3; schedule++) {
        StandIn.tell("standInSchedule", schedule);
        int launches = StandIn.tell("standInLaunches", 0);
        Tensor lengths = SquaredLengths.squaredLengths(all);
        assertEquals(2, StandIn.tell("standInLaunches", 0) - launches);
        found.add(lengths.toDoubles());
      }
      for (int t = 0; t < SIZES.length; t++) {
        double sum = 0;
        for (double x : all.get(t).toDoubles()) sum += x * x;
        assertEquals(sum, found.getFirst()[t], 1e-5 * sum);
        assertEquals(found.getFirst()[t], found.get(1)[t]);
        assertEquals(found.getFirst()[t], found.get(2)[t]);
      }
    }
  }
}
