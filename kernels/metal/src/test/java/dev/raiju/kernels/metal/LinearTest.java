package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Linear layers whose shapes lie around what a simdgroup and a threadgroup compute, against the plain sum in f64.
class LinearTest {
  private final Device device = Device.of(StandIn.backend());

  @AfterEach
  void theHostMadeNoMistake() { StandIn.wasUsedRightly(); }

  private Tensor values(int seed, long rows, long columns) {
    float[] numbers = new float[Math.toIntExact(rows * columns)];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < numbers.length; i++) numbers[i] = rng.nextInt(2001) / 1000f - 1;
    return Tensor.of(Spec.of(DType.F32, rows, columns), MemorySegment.ofArray(numbers), device);
  }

  /// Both ways of unpacking, of few rows and of many, to the edge between them; 70 columns end within a tile.
  @ParameterizedTest
  @CsvSource({"1, 9, 64, Q4_G64", "3, 70, 320, Q4_G32", "4, 70, 128, Q8_G64_F16", "5, 70, 128, Q4_G64_BF16",
    "67, 17, 192, Q4_G64"})
  void weightsInBlocksAreUnpackedWhileMultiplied(int rows, int columns, int terms, DType type) {
    try (Scope scope = Scope.open()) {
      Tensor w = Quantize.quantize(values(2, columns, terms), type);
      isTheSum(values(1, rows, terms), w, Dequantize.dequantize(w, DType.F32).toDoubles(), 1e-5);
    }
  }

  /// On the matrix units: 128 by 128 in a threadgroup, 64 by 32 in a simdgroup, terms in pieces of 16 or 32.
  @ParameterizedTest
  @CsvSource({"1, 1, 8, F16, 2e-3", "130, 33, 40, F16, 2e-3", "66, 129, 72, BF16, 2e-2", "7, 130, 8, BF16, 2e-2"})
  void narrowFactorsAreMultipliedOnTheMatrixUnits(int rows, int columns, int terms, DType type, double tolerance) {
    try (Scope scope = Scope.open()) {
      Tensor w = values(4, columns, terms).to(type);
      isTheSum(values(3, rows, terms).to(type), w, w.toDoubles(), tolerance);
    }
  }

  /// @param tolerance of a result beside the sum of its terms' sizes
  private static void isTheSum(Tensor x, Tensor w, double[] weights, double tolerance) {
    int terms = Math.toIntExact(x.shape().size(1));
    int columns = weights.length / terms;
    double[] factors = x.toDoubles();
    double[] results = Linear.linear(x, w).toDoubles();
    for (int i = 0; i < results.length; i++) {
      double sum = 0;
      double sizes = 0;
      for (int k = 0; k < terms; k++) {
        double term = factors[i / columns * terms + k] * weights[i % columns * terms + k];
        sum += term;
        sizes += Math.abs(term);
      }
      assertEquals(sum, results[i], tolerance * sizes + 1e-30, "row " + i / columns + ", column " + i % columns);
    }
  }
}
