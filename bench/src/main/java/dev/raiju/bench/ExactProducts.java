package dev.raiju.bench;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.op.Window;
import java.util.Optional;
import java.util.stream.IntStream;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/// Products in f64, on all cores.
final class ExactProducts {
  private static final VectorSpecies<Double> LANES = DoubleVector.SPECIES_PREFERRED;
  // two vectors of columns: with four rows, eight chains of multiply-adds
  private static final int PANEL = 2 * LANES.length();
  private static final int ROWS = 4;

  private ExactProducts() {}

  /// `a · b`, all row-major.
  static double[] multiply(double[] a, double[] b, int rows, int columns, int depth) {
    double[] y = new double[Math.multiplyExact(rows, columns)];
    IntStream.range(0, (columns + PANEL - 1) / PANEL).parallel().forEach(p -> {
      int first = p * PANEL;
      int width = Math.min(PANEL, columns - first);
      double[] panel = new double[depth * PANEL];
      for (int k = 0; k < depth; k++) System.arraycopy(b, k * columns + first, panel, k * PANEL, width);
      double[] tile = new double[ROWS * PANEL];
      double[] left = new double[ROWS * depth];
      for (int i = 0; i < rows; i += ROWS) {
        int count = Math.min(ROWS, rows - i);
        System.arraycopy(a, i * depth, left, 0, count * depth);
        tile(left, panel, tile, depth);
        for (int r = 0; r < count; r++) System.arraycopy(tile, r * PANEL, y, (i + r) * columns + first, width);
      }
    });
    return y;
  }

  /// Four rows by a panel.
  private static void tile(double[] a, double[] panel, double[] y, int depth) {
    int lanes = LANES.length();
    DoubleVector c00 = DoubleVector.zero(LANES);
    DoubleVector c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (int k = 0; k < depth; k++) {
      DoubleVector b0 = DoubleVector.fromArray(LANES, panel, k * PANEL);
      DoubleVector b1 = DoubleVector.fromArray(LANES, panel, k * PANEL + lanes);
      DoubleVector a0 = DoubleVector.broadcast(LANES, a[k]);
      DoubleVector a1 = DoubleVector.broadcast(LANES, a[depth + k]);
      DoubleVector a2 = DoubleVector.broadcast(LANES, a[2 * depth + k]);
      DoubleVector a3 = DoubleVector.broadcast(LANES, a[3 * depth + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(y, 0);
    c01.intoArray(y, lanes);
    c10.intoArray(y, PANEL);
    c11.intoArray(y, PANEL + lanes);
    c20.intoArray(y, 2 * PANEL);
    c21.intoArray(y, 2 * PANEL + lanes);
    c30.intoArray(y, 3 * PANEL);
    c31.intoArray(y, 3 * PANEL + lanes);
  }

  /// `[N, C, …] * [O, C, …] + [O]` with stride and dilation 1, for 1 to 3 spatial axes.
  static double[] convolve(double[] x, Shape xs, double[] w, Shape ws, Optional<double[]> bias, Window window, Shape ys) {
    int[] in = spatial(xs);
    int[] taps = spatial(ws);
    int[] out = spatial(ys);
    int[] before = new int[3];
    for (int i = 0; i < window.axes(); i++) before[3 - window.axes() + i] = window.before().get(i);
    int channels = Math.toIntExact(xs.size(1));
    int outputs = Math.toIntExact(ys.size(1));
    int area = out[0] * out[1] * out[2];
    double[] y = new double[Math.toIntExact(ys.elements())];
    IntStream.range(0, Math.toIntExact(ys.size(0)) * outputs).parallel().forEach(plane -> {
      int image = plane / outputs;
      int o = plane % outputs;
      for (int i = 0; i < area; i++) y[plane * area + i] = bias.isPresent() ? bias.get()[o] : 0;
      for (int c = 0; c < channels; c++) {
        int from = (image * channels + c) * in[0] * in[1] * in[2];
        for (int t0 = 0; t0 < taps[0]; t0++) {
          for (int t1 = 0; t1 < taps[1]; t1++) {
            for (int t2 = 0; t2 < taps[2]; t2++) {
              double weight = w[(((o * channels + c) * taps[0] + t0) * taps[1] + t1) * taps[2] + t2];
              int[] shift = {t0 - before[0], t1 - before[1], t2 - before[2]};
              addShifted(x, from, in, weight, y, plane * area, out, shift);
            }
          }
        }
      }
    });
    return y;
  }

  private static void addShifted(double[] x, int from, int[] in, double weight, double[] y, int to, int[] out, int[] shift) {
    int first = Math.max(0, -shift[2]);
    int end = Math.min(out[2], in[2] - shift[2]);
    for (int p0 = Math.max(0, -shift[0]); p0 < Math.min(out[0], in[0] - shift[0]); p0++) {
      for (int p1 = Math.max(0, -shift[1]); p1 < Math.min(out[1], in[1] - shift[1]); p1++) {
        int source = from + ((p0 + shift[0]) * in[1] + p1 + shift[1]) * in[2] + shift[2];
        int target = to + (p0 * out[1] + p1) * out[2];
        addRow(x, source + first, weight, y, target + first, end - first);
      }
    }
  }

  private static void addRow(double[] x, int from, double weight, double[] y, int to, int count) {
    int i = 0;
    for (; i < LANES.loopBound(count); i += LANES.length()) {
      DoubleVector sum = DoubleVector.fromArray(LANES, y, to + i);
      DoubleVector.fromArray(LANES, x, from + i).lanewise(jdk.incubator.vector.VectorOperators.FMA, weight, sum).intoArray(y, to
          + i);
    }
    for (; i < count; i++) y[to + i] = Math.fma(x[from + i], weight, y[to + i]);
  }

  /// The spatial sizes, filled up with ones in front to three.
  private static int[] spatial(Shape shape) {
    int[] sizes = {1, 1, 1};
    for (int i = 2; i < shape.rank(); i++) sizes[i + 3 - shape.rank()] = Math.toIntExact(shape.size(i));
    return sizes;
  }
}
