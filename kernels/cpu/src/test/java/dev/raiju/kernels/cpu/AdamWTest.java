package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.MovingAverage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Five steps of PyTorch's AdamW, with gradients of 0 and of 1e-12 among them.
final class AdamWTest {
  private static final Golden GOLDEN = Golden.open("adamw");
  private static final int SIZE = 35;

  @ParameterizedTest
  @CsvSource({"stage1, 0.9, 0.999, 1e-8, 0.01, 1e-4", "stage1_wd0, 0.9, 0.999, 1e-8, 0, 1e-4",
    "stage2, 0.9, 0.95, 1e-15, 0, 1e-4",
    "dmd_gen, 0, 0.999, 1e-8, 0.01, 1e-6", "dmd_gen_wd0, 0, 0.999, 1e-8, 0, 1e-6", "dmd_critic, 0, 0.999, 1e-8, 0.01, 4e-7",
    "big, 0.9, 0.95, 1e-15, 0.1, 0.01"})
  void matchesPyTorch(String name, double beta1, double beta2, double eps, double decay, double rate) {
    double[] p0 = GOLDEN.doubles("in.p0");
    double[] ps = GOLDEN.doubles(name + ".p");
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor p = GOLDEN.tensor("in.p0", device);
        Tensor m = p.like(0);
        Tensor v = p.like(0);
        Tensor grads = GOLDEN.tensor("in.grads", device);
        for (int step = 0; step < 5; step++) {
          // the second stage's rate falls in equal parts to a half
          double now = name.equals("stage2") ? rate * (1 - 0.125 * step) : rate;
          double[] before = p.toDoubles();
          float[] schedule = {(float) now, (float) (1 - Math.pow(beta1, step + 1)), (float) Math.sqrt(1 - Math.pow(beta2, step
              + 1)), 1};
          new AdamW(beta1, beta2, eps, decay).step(p, m, v, grads.select(0, step), Fixtures.tensor(device, schedule, 4));
          double[] want = at(ps, step);
          Fixtures.assertClose(want, p.toDoubles(), 1e-6);
          assertUpdate(want, step == 0 ? p0 : at(ps, step - 1), p.toDoubles(), before);
          Fixtures.assertClose(at(GOLDEN.doubles(name + ".m"), step), m.toDoubles(), 1e-5);
          assertRelative(at(GOLDEN.doubles(name + ".v"), step), v.toDoubles());
        }
      }
    }
  }

  private static double[] at(double[] all, int step) { return Arrays.copyOfRange(all, step * SIZE, (step + 1) * SIZE); }

  /// The change of each parameter, to a thousandth or to what f32 can hold beside the parameter.
  private static void assertUpdate(double[] want, double[] wantBefore, double[] got, double[] before) {
    for (int i = 0; i < SIZE; i++) {
      double change = want[i] - wantBefore[i];
      assertEquals(change, got[i] - before[i], 1e-3 * Math.abs(change) + 2 * Math.ulp((float) want[i]));
    }
  }

  private static void assertRelative(double[] want, double[] got) {
    for (int i = 0; i < want.length; i++) assertEquals(want[i], got[i], 1e-5 * Math.abs(want[i]) + 1e-44);
  }

  /// One step over all, averages included, has the bits of steps over each: long tensors are shared by several threads.
  @Test
  void aStepOfManyIsTheStepsOfEach() {
    long[] sizes = {1, 70, 16_384, 16_385, 50_001, 0, 333};
    float[] schedule = {0.01f, 0.5f, 0.25f, 0.75f, (float) 0.9, (float) (1 - 0.9)};
    AdamW rule = new AdamW(0.9, 0.99, 1e-8, 0.01);
    try (Scope scope = Scope.open()) {
      List<AdamW.Parameter> together = learning(sizes);
      rule.step(together, Fixtures.tensor(Fixtures.VECTOR, schedule, 6));
      List<AdamW.Parameter> apart = learning(sizes);
      for (AdamW.Parameter one : apart) {
        rule.step(one.p(), one.m(), one.v(), one.g(), Fixtures.tensor(Fixtures.VECTOR, Arrays.copyOf(schedule, 4), 4));
        new MovingAverage(0.9).step(one.average().orElseThrow(), one.p());
      }
      for (int i = 0; i < sizes.length; i++) {
        assertArrayEquals(apart.get(i).p().toFloats(), together.get(i).p().toFloats());
        assertArrayEquals(apart.get(i).m().toFloats(), together.get(i).m().toFloats());
        assertArrayEquals(apart.get(i).v().toFloats(), together.get(i).v().toFloats());
        assertArrayEquals(apart.get(i).average().orElseThrow().toFloats(), together.get(i).average().orElseThrow().toFloats());
      }
    }
  }

  private static List<AdamW.Parameter> learning(long... sizes) {
    List<AdamW.Parameter> all = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      Tensor v = Fixtures.random(Fixtures.VECTOR, 10 * i + 3, sizes[i]).square();
      all.add(new AdamW.Parameter(Fixtures.random(Fixtures.VECTOR, 10 * i + 1, sizes[i]), Fixtures.random(Fixtures.VECTOR, 10 * i
          + 2, sizes[i]), v, Fixtures.random(Fixtures.VECTOR, 10 * i + 4, sizes[i]), Optional.of(Fixtures.random(
              Fixtures.VECTOR, 10 * i + 5, sizes[i]))));
    }
    return all;
  }

  @Test
  void movingAverageMatchesPyTorch() {
    double[] want = GOLDEN.doubles("ema");
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor average = GOLDEN.tensor("in.p0", device);
        Tensor values = GOLDEN.tensor("big.p", device);
        for (int step = 0; step < 5; step++) {
          new MovingAverage(0.99).step(average, values.select(0, step));
          Fixtures.assertClose(at(want, step), average.toDoubles(), 1e-6);
        }
      }
    }
  }

  @Test
  void assignsThroughAnyLayout() {
    try (Scope scope = Scope.open()) {
      Tensor target = Fixtures.random(Fixtures.VECTOR, 1, 5, 7);
      Tensor value = Fixtures.random(Fixtures.VECTOR, 2, 7, 5).transpose();
      Assign.assign(target, value);
      Fixtures.assertClose(value.toDoubles(), target.toDoubles(), 0);
    }
  }
}
