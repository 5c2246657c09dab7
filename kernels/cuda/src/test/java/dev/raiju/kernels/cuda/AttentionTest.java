package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Scores;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Attention over several tiles of queries and keys, partly filled, against loops in double.
class AttentionTest {
  private final Device device = Device.of(StandIn.backend());

  @AfterEach
  void byTurns() { StandIn.tell("standInSchedule", -1); }

  private static double rounded(double x, DType type) {
    return switch (type) {
      case BF16 -> Narrow.fromBf16(Narrow.toBf16(x));
      case F16 -> Float.float16ToFloat(Narrow.toF16(x));
      default -> (float) x;
    };
  }

  private static float[] numbers(int seed, int count, DType type) {
    float[] numbers = new float[count];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < count; i++) numbers[i] = (float) rounded(rng.nextInt(4001) / 1000f - 2, type);
    return numbers;
  }

  private Tensor tensor(float[] numbers, DType type, long... sizes) {
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(numbers), device).to(type);
  }

  /// @param group query heads that share a key head
  @ParameterizedTest
  @CsvSource({"bf16,70,130,64,64,1,0,0", "f16,64,65,128,128,1,0,1", "bf16,20,150,40,24,2,0,2", "f16,100,100,16,72,2,7,1",
    "bf16,66,40,128,8,1,1,0", "f32,35,70,72,40,2,0,1", "f32,20,40,12,5,1,3,2"})
  void matchesTheNaiveLoops(String label, int queries, int keys, int width, int valueWidth, int group, int causal, int schedule) {
    StandIn.tell("standInSchedule", schedule);
    DType type = DType.parse(label);
    float[] q = numbers(1, queries * group * width, type);
    float[] k = numbers(2, keys * width, type);
    float[] v = numbers(3, keys * valueWidth, type);
    double scale = 1 / Math.sqrt(width);
    Scores scores = causal == 0 ? Scores.scale(scale) : Scores.scale(scale).causal(causal, 0);
    double[] y;
    double[] logSums;
    try (Scope scope = Scope.open()) {
      List<Tensor> out = Trace.applyAll(new Attention(scores, true), tensor(q, type, 1, queries, group, width), tensor(k, type, 1,
          keys, 1, width), tensor(v, type, 1, keys, 1, valueWidth));
      y = out.get(0).toDoubles();
      // what is recorded for the gradient is the second
      logSums = out.size() > 1 ? out.get(1).toDoubles() : new double[0];
    }
    double step = type == DType.F32 ? 0x1p-18 : type == DType.F16 ? 0x1p-10 : 0x1p-7;
    for (int i = 0; i < queries; i++) {
      for (int h = 0; h < group; h++) {
        double[] p = new double[keys];
        double sum = 0;
        for (int j = 0; j < keys; j++) {
          if (causal > 0 && j / causal > i / causal) continue;
          double s = 0;
          for (int c = 0; c < width; c++) s += (double) q[(i * group + h) * width + c] * k[j * width + c];
          sum += p[j] = Math.exp(s * scale);
        }
        if (logSums.length > 0) assertEquals(Math.log(sum), logSums[h * queries + i], 1e-4, "log sum of " + i);
        for (int c = 0; c < valueWidth; c++) {
          double expected = 0;
          for (int j = 0; j < keys; j++) expected += p[j] / sum * v[j * valueWidth + c];
          // probabilities and result are rounded to the type; values are at most 2
          assertEquals(expected, y[(i * group + h) * valueWidth + c], 2 * step, "query " + i + ", column " + c);
        }
      }
    }
  }
}
