package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.op.Window;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ExactProductsTest {
  @Property(tries = 100)
  void productsMatchTheNaiveLoop(@ForAll @IntRange(min = 1, max = 9) int rows, @ForAll @IntRange(min = 1, max = 40) int columns,
      @ForAll @IntRange(min = 1, max = 9) int depth, @ForAll long seed) {
    double[] a = draw(seed, rows * depth);
    double[] b = draw(seed + 1, depth * columns);
    double[] y = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        for (int k = 0; k < depth; k++) y[i * columns + j] += a[i * depth + k] * b[k * columns + j];
      }
    }
    assertArrayEquals(y, ExactProducts.multiply(a, b, rows, columns, depth), 1e-12);
  }

  @Property(tries = 100)
  void convolutionsMatchTheNaiveLoop(@ForAll @IntRange(min = 1, max = 5) int height,
      @ForAll @IntRange(min = 1, max = 20) int width,
      @ForAll @IntRange(min = 1, max = 3) int taps, @ForAll @IntRange(min = 0, max = 2) int before,
      @ForAll @IntRange(min = 1, max = 3) int channels, @ForAll long seed) {
    int outputs = 2;
    // as much behind as makes every size fit
    int after = taps;
    int h = height + before + after - taps + 1;
    int w = width + before + after - taps + 1;
    double[] x = draw(seed, channels * height * width);
    double[] f = draw(seed + 1, outputs * channels * taps * taps);
    double[] bias = draw(seed + 2, outputs);
    double[] y = new double[outputs * h * w];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          double sum = bias[o];
          for (int c = 0; c < channels; c++) {
            for (int s = 0; s < taps; s++) {
              for (int t = 0; t < taps; t++) {
                int p = i + s - before;
                int q = j + t - before;
                if (p < 0 || q < 0 || p >= height || q >= width) continue;
                sum += x[(c * height + p) * width + q] * f[((o * channels + c) * taps + s) * taps + t];
              }
            }
          }
          y[(o * h + i) * w + j] = sum;
        }
      }
    }
    Window window = Window.of(2).padding(java.util.List.of(before, before), java.util.List.of(after, after));
    assertArrayEquals(y, ExactProducts.convolve(x, Shape.of(1, channels, height, width), f, Shape.of(outputs, channels, taps,
        taps),
        Optional.of(bias), window, Shape.of(1, outputs, h, w)), 1e-12);
  }

  private static double[] draw(long seed, int count) { return new Random(seed).doubles(count, -1, 1).toArray(); }
}
