package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Scores;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The gradients of attention over bf16 and f16 on the matrix units, over several tiles partly filled, against loops in double.
class NarrowGradientTest {
  private final Device device = Device.of(StandIn.backend());

  @AfterEach
  void byTurns() { StandIn.tell("standInSchedule", -1); }

  private static double[] numbers(int seed, int count, DType type) {
    double[] numbers = new double[count];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < count; i++) {
      double x = rng.nextInt(4001) / 1000.0 - 2;
      numbers[i] = type == DType.BF16 ? Narrow.fromBf16(Narrow.toBf16(x)) : Float.float16ToFloat(Narrow.toF16(x));
    }
    return numbers;
  }

  private Tensor tensor(double[] numbers, DType type, long... sizes) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) floats[i] = (float) numbers[i];
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(floats), device).to(type);
  }

  /// @param group query heads that share the key head
  @ParameterizedTest
  @CsvSource({"bf16,70,75,64,64,1,0,0", "f16,33,70,40,24,2,0,1", "bf16,40,66,128,72,1,7,2"})
  void matchesTheNaiveLoops(String label, int queries, int keys, int width, int valueWidth, int group, int causal, int schedule) {
    StandIn.tell("standInSchedule", schedule);
    DType type = DType.parse(label);
    double[] q = numbers(1, queries * group * width, type);
    double[] k = numbers(2, keys * width, type);
    double[] v = numbers(3, keys * valueWidth, type);
    double[] g = numbers(4, queries * group * valueWidth, type);
    double scale = 1 / Math.sqrt(width);
    double[] lse = new double[group * queries];
    double[] delta = new double[group * queries];
    double[] dq = new double[q.length];
    double[] dk = new double[k.length];
    double[] dv = new double[v.length];
    for (int i = 0; i < queries; i++) {
      for (int h = 0; h < group; h++) {
        int own = i * group + h;
        double[] p = new double[keys];
        double[] dp = new double[keys];
        double sum = 0;
        for (int j = 0; j < keys; j++) {
          if (causal > 0 && j / causal > i / causal) continue;
          double s = 0;
          for (int c = 0; c < width; c++) s += q[own * width + c] * k[j * width + c];
          for (int c = 0; c < valueWidth; c++) dp[j] += g[own * valueWidth + c] * v[j * valueWidth + c];
          sum += p[j] = Math.exp(s * scale);
        }
        double mean = 0;
        for (int j = 0; j < keys; j++) mean += p[j] / sum * dp[j];
        lse[h * queries + i] = Math.log(sum);
        delta[h * queries + i] = mean;
        for (int j = 0; j < keys; j++) {
          double ds = p[j] / sum * (dp[j] - mean) * scale;
          for (int c = 0; c < width; c++) {
            dq[own * width + c] += ds * k[j * width + c];
            dk[j * width + c] += ds * q[own * width + c];
          }
          for (int c = 0; c < valueWidth; c++) dv[j * valueWidth + c] += p[j] / sum * g[own * valueWidth + c];
        }
      }
    }
    try (Scope scope = Scope.open()) {
      Scores scores = causal == 0 ? Scores.scale(scale) : Scores.scale(scale).causal(causal, 0);
      List<Tensor> out = Trace.applyAll(new AttentionBackward(scores), tensor(q, type, 1, queries, group, width), tensor(k, type,
          1,
          keys, 1, width), tensor(v, type, 1, keys, 1, valueWidth), tensor(lse, DType.F32, 1, group, queries), tensor(delta,
              DType.F32, 1, group, queries), tensor(g, type, 1, queries, group, valueWidth));
      // p, ds and the results are rounded to the type
      double step = type == DType.F16 ? 0x1p-10 : 0x1p-7;
      near(dq, out.get(0).toDoubles(), step, "queries");
      near(dk, out.get(1).toDoubles(), step, "keys");
      near(dv, out.get(2).toDoubles(), step, "values");
    }
  }

  private static void near(double[] expected, double[] found, double step, String what) {
    double most = 0;
    for (double x : expected) most = Math.max(most, Math.abs(x));
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - found[i]);
      assertTrue(difference <= step * (Math.abs(expected[i]) + most / 2), what + " " + i + ": " + found[i] + ", not "
          + expected[i]);
    }
  }
}
