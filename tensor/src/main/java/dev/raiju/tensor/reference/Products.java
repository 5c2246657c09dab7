package dev.raiju.tensor.reference;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// Matrix products and convolutions.
final class Products {
  private Products() {}

  static void matmul(Tensor a, Tensor b, Tensor out) {
    int m = Math.toIntExact(out.size(-2));
    int n = Math.toIntExact(out.size(-1));
    int k = Math.toIntExact(a.size(-1));
    Shape batch = out.shape().slice(0, out.rank() - 2);
    long[] fromA = matrices(a, batch);
    long[] fromB = matrices(b, batch);
    double[] left = Values.doubles(a);
    double[] right = Values.doubles(b);
    double[] result = new double[Math.toIntExact(out.shape().elements())];
    for (int matrix = 0; matrix < fromA.length; matrix++) {
      int at = (int) fromA[matrix] * m * k;
      int bt = (int) fromB[matrix] * k * n;
      int to = matrix * m * n;
      for (int i = 0; i < m; i++) {
        for (int l = 0; l < k; l++) {
          double x = left[at + i * k + l];
          for (int j = 0; j < n; j++) result[to + i * n + j] += x * right[bt + l * n + j];
        }
      }
    }
    Values.store(result, out);
  }

  /// Which matrix of `t` belongs to each of the broadcast batch.
  private static long[] matrices(Tensor t, Shape batch) {
    return Values.places(Layout.contiguous(t.shape().slice(0, t.rank() - 2)).broadcast(batch));
  }

  /// A multiply-add of a convolution: places in the input, the weight and the output, as contiguous arrays.
  private interface Tap {
    void visit(int x, int w, int y);
  }

  /// Visits every multiply-add. Shapes are `[N, C, …]`, `[O, C / groups, …]` and `[N, O, …]`.
  private static void taps(Window window, Shape x, Shape w, Shape y, Tap tap) {
    int perGroup = Math.toIntExact(w.size(1));
    int outPerGroup = Math.toIntExact(w.size(0)) / window.groups();
    Shape taps = w.slice(2, w.rank());
    int[] xs = spatial(x);
    int[] ys = spatial(y);
    int[] ws = spatial(w);
    for (int n = 0; n < x.size(0); n++) {
      for (int o = 0; o < w.size(0); o++) {
        for (int p0 = 0; p0 < ys[0]; p0++) {
          for (int p1 = 0; p1 < ys[1]; p1++) {
            for (int p2 = 0; p2 < ys[2]; p2++) {
              int to = ((n * (int) w.size(0) + o) * ys[0] + p0) * ys[1] * ys[2] + p1 * ys[2] + p2;
              for (int t0 = 0; t0 < ws[0]; t0++) {
                int q0 = place(window, taps, 0, p0, t0);
                for (int t1 = 0; t1 < ws[1]; t1++) {
                  int q1 = place(window, taps, 1, p1, t1);
                  for (int t2 = 0; t2 < ws[2]; t2++) {
                    int q2 = place(window, taps, 2, p2, t2);
                    if (q0 < 0 || q1 < 0 || q2 < 0 || q0 >= xs[0] || q1 >= xs[1] || q2 >= xs[2]) continue;
                    for (int c = 0; c < perGroup; c++) {
                      int channel = o / outPerGroup * perGroup + c;
                      int from = ((n * (int) x.size(1) + channel) * xs[0] + q0) * xs[1] * xs[2] + q1 * xs[2] + q2;
                      int weight = ((o * perGroup + c) * ws[0] + t0) * ws[1] * ws[2] + t1 * ws[2] + t2;
                      tap.visit(from, weight, to);
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The spatial sizes, filled up with ones in front to three.
  private static int[] spatial(Shape shape) {
    int[] sizes = {1, 1, 1};
    for (int i = 2; i < shape.rank(); i++) sizes[i + 3 - shape.rank()] = Math.toIntExact(shape.size(i));
    return sizes;
  }

  /// The input place that tap `t` of output place `p` reads along one of the three axes.
  private static int place(Window window, Shape taps, int axis, int p, int t) {
    int i = axis - (3 - taps.rank());
    return i < 0 ? 0 : p * window.stride().get(i) + t * window.dilation().get(i) - window.before().get(i);
  }

  static void convolution(Window window, List<Tensor> in, Tensor out) {
    double[] x = Values.doubles(in.get(0));
    double[] w = Values.doubles(in.get(1));
    double[] y = new double[Math.toIntExact(out.shape().elements())];
    taps(window, in.get(0).shape(), in.get(1).shape(), out.shape(), (from, weight, to) -> y[to] += x[from] * w[weight]);
    if (in.size() > 2) {
      double[] bias = Values.doubles(in.get(2));
      int inner = Math.toIntExact(out.shape().slice(2, out.rank()).elements());
      for (int i = 0; i < y.length; i++) y[i] += bias[i / inner % bias.length];
    }
    Values.store(y, out);
  }

  static void inputGradient(Window window, Tensor dy, Tensor weight, Tensor out) {
    double[] y = Values.doubles(dy);
    double[] w = Values.doubles(weight);
    double[] x = new double[Math.toIntExact(out.shape().elements())];
    taps(window, out.shape(), weight.shape(), dy.shape(), (from, tap, to) -> x[from] += y[to] * w[tap]);
    Values.store(x, out);
  }

  static void weightGradient(Window window, Tensor input, Tensor dy, Tensor out) {
    double[] x = Values.doubles(input);
    double[] y = Values.doubles(dy);
    double[] w = new double[Math.toIntExact(out.shape().elements())];
    taps(window, input.shape(), out.shape(), dy.shape(), (from, tap, to) -> w[tap] += y[to] * x[from]);
    Values.store(w, out);
  }
}
