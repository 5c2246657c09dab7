package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.assertClose;
import static dev.raiju.kernels.cpu.TestTensors.assertSame;
import static dev.raiju.kernels.cpu.TestTensors.values;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class AttentionProps {
  @Provide
  static Arbitrary<AttentionCase> cases() {
    Arbitrary<DType> types = Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(4, Arbitraries.just(DType.F32)), net.jqwik.api.Tuple
        .of(1,
            Arbitraries.of(DType.F16, DType.BF16)));
    Arbitrary<int[]> heads = Arbitraries.of(new int[] {1, 1}, new int[] {2, 2}, new int[] {4, 2}, new int[] {3, 1});
    Arbitrary<int[]> lengths = Combinators.combine(Arbitraries.integers().between(1, 70), Arbitraries.integers().between(0, 70))
        .as((q,
            k) -> new int[] {q, k});
    Arbitrary<int[]> widths = Combinators.combine(Arbitraries.integers().between(1, 40), Arbitraries.integers().between(1, 40))
        .as((d,
            e) -> new int[] {d, e});
    Arbitrary<Integer> extras = Arbitraries.integers().between(-1, 15);
    Arbitrary<int[]> causal = Combinators.combine(Arbitraries.integers().between(0, 9), Arbitraries.integers().between(0, 20)).as(
        (b,
            o) -> new int[] {b, o});
    return Combinators.combine(types, heads, lengths, widths, extras, extras, causal, Arbitraries.longs()).as((type, h, n, d,
        bias,
        mask, c, seed) -> new AttentionCase(type, 2, h[0], h[1], n[0], n[1], d[0], d[1], bias, mask, c[0], c[1], seed));
  }

  @Property(tries = 300)
  void matchesTheNaiveLoop(@ForAll("cases") AttentionCase c) { check(c); }

  @Test
  void goesOnOverBlocksOfKeysAndParts() {
    check(new AttentionCase(DType.F32, 1, 2, 1, 600, 530, 16, 8, -1, -1, 0, 0, 1));
    check(new AttentionCase(DType.F32, 1, 1, 1, 530, 700, 8, 16, 15, 9, 0, 0, 2));
    check(new AttentionCase(DType.F32, 1, 2, 2, 520, 520, 32, 33, -1, -1, 40, 0, 3));
    check(new AttentionCase(DType.BF16, 1, 1, 1, 40, 600, 20, 20, -1, 15, 1, 560, 4));
    check(new AttentionCase(DType.BF16, 1, 2, 1, 530, 517, 64, 33, 9, -1, 0, 0, 6));
    check(new AttentionCase(DType.F32, 1, 1, 1, 5, 9, 1100, 20, -1, -1, 0, 0, 5));
    check(new AttentionCase(DType.BF16, 1, 1, 1, 35, 9, 1100, 600, -1, -1, 0, 0, 7));
    check(new AttentionCase(DType.BF16, 1, 1, 1, 35, 9, 512, 511, -1, -1, 0, 0, 8));
  }

  @Test
  void rowThatSeesNothingIsZero() {
    try (Scope scope = Scope.open()) {
      for (Device device : TestDevices.ALL) {
        Tensor q = TestTensors.of(device, DType.F32, new double[6], 1, 3, 1, 2);
        Tensor mask = TestTensors.of(device, DType.BOOL, new double[] {0, 0, 1}, 1, 1, 3, 1);
        Tensor v = TestTensors.of(device, DType.F32, new double[] {1, 2, 3, 4, 5, 6}, 1, 3, 1, 2);
        List<Tensor> out = Trace.applyAll(new Attention(new dev.raiju.tensor.op.Scores(1, false, true, 0, 0), true), q, q, v,
            mask);
        assertClose(new double[] {0, 0, 0, 0, 3, 4}, values(out.get(0)), 1e-6, device);
        assertTrue(values(out.get(1))[0] == Double.NEGATIVE_INFINITY);
      }
    }
  }

  @Property(tries = 200)
  void gradientsMatchTheNaiveLoop(@ForAll("cases") AttentionCase c) { checkGradients(c); }

  @Test
  void gradientsGoOnOverBlocksOfKeysAndQueries() {
    checkGradients(new AttentionCase(DType.F32, 1, 2, 1, 150, 140, 16, 40, -1, -1, 0, 0, 1));
    checkGradients(new AttentionCase(DType.F32, 2, 1, 1, 300, 260, 33, 16, 3, 9, 0, 0, 2));
    checkGradients(new AttentionCase(DType.F32, 1, 2, 2, 270, 270, 32, 32, -1, -1, 30, 0, 3));
    checkGradients(new AttentionCase(DType.BF16, 1, 1, 1, 140, 130, 20, 20, -1, 15, 1, 10, 4));
    checkGradients(new AttentionCase(DType.BF16, 1, 2, 1, 261, 257, 33, 64, -1, 9, 0, 0, 5));
  }

  private static void checkGradients(AttentionCase c) {
    double[][] forward = c.forward();
    double[] delta = c.delta(forward[0]);
    double[][] wanted = c.backward(forward[1], delta);
    double tolerance = c.type() == DType.F32 ? 1e-5 : c.type() == DType.F16 ? 1e-3 : 8e-3;
    double[][][] bits = new double[2][4][];
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        List<Tensor> in = c.inputs(device);
        in.add(TestTensors.of(device, DType.F32, forward[1], c.batch(), c.heads(), c.queries()));
        in.add(TestTensors.of(device, DType.F32, delta, c.batch(), c.heads(), c.queries()));
        in.add(TestTensors.of(device, c.type(), c.outGradient(), c.batch(), c.queries(), c.heads(), c.valueWidth()));
        List<Tensor> out = Trace.applyAll(new AttentionBackward(c.scores()), in.toArray(Tensor[]::new));
        for (int i = 0; i < out.size(); i++) {
          double[] got = values(out.get(i));
          // inputs are about 1, and gradients may cancel to nothing, that of a bias over all scores that share it
          double shared = i < 3 ? 1 : (double) c.batch() * c.heads() * c.queries() * c.keys() / wanted[i].length;
          assertClose(wanted[i], got, tolerance, 0.3 * Math.sqrt(shared), c + " gradient " + i);
          double[][] before = bits[arithmetic(device, c)];
          if (before[i] != null) assertSame(before[i], got, c + " gradient " + i);
          before[i] = got;
        }
      }
    }
  }

  /// Bits are the same wherever bf16 is multiplied in pairs, and wherever it is not.
  private static int arithmetic(Device device, AttentionCase c) {
    return c.type() == DType.BF16 && device.backend().describe().contains("avx512_bf16") ? 1 : 0;
  }

  private static void check(AttentionCase c) {
    double[][] wanted = c.forward();
    // f32: a handful of roundings on sums of probabilities; narrow types: their one rounding
    double tolerance = c.type() == DType.F32 ? 4e-6 : c.type() == DType.F16 ? 1e-3 : 8e-3;
    double[][] bits = new double[2][];
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor[] in = c.inputs(device).toArray(Tensor[]::new);
        List<Tensor> out = Trace.applyAll(new Attention(c.scores(), true), in);
        assertClose(wanted[0], values(out.get(0)), tolerance, c);
        assertLogSumExp(wanted[1], values(out.get(1)), c);
        double[] got = values(out.get(0));
        int arithmetic = arithmetic(device, c);
        if (bits[arithmetic] != null) assertSame(bits[arithmetic], got, c);
        bits[arithmetic] = got;
        assertSame(got, values(Trace.apply(new Attention(c.scores(), false), in)), c);
      }
    }
  }

  private static void assertLogSumExp(double[] wanted, double[] got, Object where) {
    for (int i = 0; i < wanted.length; i++) {
      boolean same = wanted[i] == got[i] || Math.abs(wanted[i] - got[i]) < 4e-6 * Math.max(1, Math.abs(wanted[i]));
      assertTrue(same, () -> where + ": log-sum-exp");
    }
  }
}
