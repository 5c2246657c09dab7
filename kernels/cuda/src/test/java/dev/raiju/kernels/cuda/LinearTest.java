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
import dev.raiju.tensor.op.Linear;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products on the matrix units: sizes that leave tiles partly filled, against sums in double.
class LinearTest {
  private final Device device = Device.of(StandIn.backend());

  @AfterEach
  void byTurns() { StandIn.tell("standInSchedule", -1); }

  private static float[] numbers(int seed, int count) {
    float[] numbers = new float[count];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < count; i++) numbers[i] = rng.nextInt(2001) / 1000f - 1;
    return numbers;
  }

  private Tensor tensor(float[] numbers, long... sizes) {
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(numbers), device);
  }

  private static double rounded(float x, DType type) {
    return type == DType.BF16 ? Narrow.fromBf16(Narrow.toBf16(x)) : Float.float16ToFloat(Float.floatToFloat16(x));
  }

  @ParameterizedTest
  @CsvSource({"130,40,136,bf16,0", "7,150,24,f16,1", "129,129,8,bf16,2", "1,1,104,f16,0", "64,32,200,bf16,1"})
  void matchesTheNaiveSum(int rows, int columns, int terms, String label, int schedule) {
    StandIn.tell("standInSchedule", schedule);
    DType type = DType.parse(label);
    float[] x = numbers(1, rows * terms);
    float[] w = numbers(2, columns * terms);
    float[] b = numbers(3, columns);
    double[] y;
    try (Scope scope = Scope.open()) {
      // f32 inputs that the layer rounds, f32 results: nothing but the order of the sum may differ
      y = Trace.apply(new Linear(type), tensor(x, rows, terms), tensor(w, columns, terms), tensor(b, columns)).toDoubles();
    }
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double sum = b[j];
        double size = Math.abs(b[j]);
        for (int k = 0; k < terms; k++) {
          double term = rounded(x[i * terms + k], type) * rounded(w[j * terms + k], type);
          sum += term;
          size += Math.abs(term);
        }
        // each of the additions rounds once, in f32
        assertEquals(sum, y[i * columns + j], size * terms * 0x1p-24, i + ", " + j);
      }
    }
  }
}
