package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestDevices.assertProduct;
import static dev.raiju.kernels.cpu.TestTensors.laidOut;
import static dev.raiju.kernels.cpu.TestTensors.random;
import static dev.raiju.kernels.cpu.TestTensors.values;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// Every element of a product is one chain of fused multiply-adds, so the wanted bits are those of the plainest loop.
final class MatMulProps {
  @Property(tries = 200)
  void everyElementIsOneChain(@ForAll @IntRange(min = 0, max = 70) int m, @ForAll @IntRange(min = 0, max = 70) int n,
      @ForAll @IntRange(min = 0, max = 40) int k, @ForAll @IntRange(min = 0, max = 3) int layoutA,
      @ForAll @IntRange(min = 0, max = 3) int layoutB, @ForAll long seed) {
    check(DType.F32, layoutA, layoutB, seed, new long[] {m, k}, new long[] {k, n});
  }

  @Property(tries = 60)
  void narrowTypesAreSummedInF32(@ForAll @IntRange(min = 1, max = 40) int m, @ForAll @IntRange(min = 1, max = 40) int n,
      @ForAll @IntRange(min = 1, max = 40) int k, @ForAll @IntRange(min = 0, max = 3) int layoutA,
      @ForAll @IntRange(min = 0, max = 3) int layoutB, @ForAll boolean half, @ForAll long seed) {
    check(half ? DType.F16 : DType.BF16, layoutA, layoutB, seed, new long[] {m, k}, new long[] {k, n});
  }

  @Property(tries = 60)
  void batchesAreBroadcast(@ForAll @IntRange(min = 1, max = 3) int b0, @ForAll @IntRange(min = 1, max = 9) int b1,
      @ForAll boolean wide0, @ForAll boolean wide1, @ForAll @IntRange(min = 1, max = 20) int m,
      @ForAll @IntRange(min = 1, max = 20) int n, @ForAll @IntRange(min = 0, max = 3) int layout, @ForAll long seed) {
    check(DType.F32, layout, 0, seed, new long[] {wide0 ? b0 : 1, b1, m, 7}, new long[] {b0, wide1 ? b1 : 1, 7, n});
    check(DType.F32, 0, layout, seed, new long[] {b0, b1, m, 7}, new long[] {7, n});
  }

  @Test
  void chainsGoOnOverBlocksOfRowsColumnsAndDepth() {
    check(DType.F32, 0, 0, 1, new long[] {250, 800}, new long[] {800, 40});
    check(DType.F32, 1, 1, 2, new long[] {241, 385}, new long[] {385, 33});
    check(DType.F32, 0, 1, 3, new long[] {5, 1921}, new long[] {1921, 300});
    check(DType.BF16, 1, 0, 4, new long[] {243, 770}, new long[] {770, 35});
    check(DType.F32, 0, 0, 5, new long[] {17, 20, 33}, new long[] {17, 33, 50});
  }

  private static void check(DType type, int layoutA, int layoutB, long seed, long[] sizesA, long[] sizesB) {
    double[] a = random(type, seed, sizesA);
    double[] b = random(type, seed + 1, sizesB);
    double[] wanted = chains(type, a, Shape.of(sizesA), b, Shape.of(sizesB));
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor left = laidOut(device, type, a, layoutA, sizesA);
        Tensor right = laidOut(device, type, b, layoutB, sizesB);
        assertProduct(wanted, values(left.matmul(right)), device, type == DType.BF16, type, " " + Shape.of(sizesA) + Shape.of(
            sizesB));
      }
    }
  }

  private static double[] chains(DType type, double[] a, Shape shapeA, double[] b, Shape shapeB) {
    int m = (int) shapeA.size(-2);
    int k = (int) shapeA.size(-1);
    int n = (int) shapeB.size(-1);
    Shape batch = shapeA.slice(0, shapeA.rank() - 2).broadcast(shapeB.slice(0, shapeB.rank() - 2));
    double[] c = new double[(int) batch.elements() * m * n];
    for (int matrix = 0; matrix < batch.elements(); matrix++) {
      int fromA = matrix(matrix, batch, shapeA) * m * k;
      int fromB = matrix(matrix, batch, shapeB) * k * n;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          float sum = 0;
          for (int l = 0; l < k; l++) sum = Math.fma((float) a[fromA + i * k + l], (float) b[fromB + l * n + j], sum);
          c[(matrix * m + i) * n + j] = rounded(type, sum);
        }
      }
    }
    return c;
  }

  /// Which matrix of a broadcast factor belongs to one of the batch.
  private static int matrix(int index, Shape batch, Shape shape) {
    int own = 0;
    int step = 1;
    int left = index;
    for (int i = 1; i <= batch.rank(); i++) {
      int at = (int) (left % batch.size(-i));
      left /= (int) batch.size(-i);
      if (i > shape.rank() - 2) break;
      int size = (int) shape.size(-2 - i);
      own += (size == 1 ? 0 : at) * step;
      step *= size;
    }
    return own;
  }

  static double rounded(DType type, float value) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> Narrow.fromBf16(Narrow.toBf16(value));
      default -> value;
    };
  }
}
