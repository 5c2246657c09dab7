package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.RmsNormBackward;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.Softmax;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Row kernels against the formula as loops in f64, at widths around the lane counts.
final class NormsProps {
  private static final float EPS = 1e-5f;

  /// The half unit of a type, relative, with room for what went before.
  private static double tolerance(DType type) {
    return switch (type) {
      case F16 -> 0x1p-10;
      case BF16 -> 0x1p-7;
      default -> 3e-6;
    };
  }

  private static DType type(long seed) {
    return switch (Math.floorMod(seed, 4)) {
      case 0 -> DType.F16;
      case 1 -> DType.BF16;
      default -> DType.F32;
    };
  }

  private static Tensor random(Device device, DType type, long seed, long... sizes) {
    return Fixtures.random(device, seed, sizes).to(type);
  }

  @Property(tries = 60)
  void rowNormsMatchTheNaiveLoop(@ForAll @IntRange(min = 1, max = 5) int rows, @ForAll @IntRange(min = 1, max = 67) int cols,
      @ForAll long seed) {
    DType type = type(seed);
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(device, type, seed, 2, rows, cols).add(0.5);
        Tensor w = random(device, type, seed + 1, cols);
        Tensor b = random(device, type, seed + 2, cols);
        Tensor shift = random(device, type, seed + 3, 2, 1, cols);
        Tensor scale = random(device, type, seed + 4, 2, 1, cols);
        double[] v = x.toDoubles();
        double[] layer = new double[v.length];
        double[] plain = new double[v.length];
        double[] modulated = new double[v.length];
        double[] rms = new double[v.length];
        // a mean in f32 is off by a part of the values: how much more that is in a row whose values are nearly the same
        double condition = 1;
        for (int r = 0; r < 2 * rows; r++) {
          double mean = 0;
          double square = 0;
          for (int c = 0; c < cols; c++) {
            mean += v[r * cols + c] / cols;
            square += v[r * cols + c] * v[r * cols + c] / cols;
          }
          double variance = 0;
          for (int c = 0; c < cols; c++) variance += (v[r * cols + c] - mean) * (v[r * cols + c] - mean) / cols;
          condition = Math.max(condition, Math.abs(mean) / Math.sqrt(variance + EPS));
          for (int c = 0; c < cols; c++) {
            int i = r * cols + c;
            int row = r / rows * cols + c;
            plain[i] = (v[i] - mean) / Math.sqrt(variance + EPS);
            layer[i] = plain[i] * w.toDoubles()[c] + b.toDoubles()[c];
            modulated[i] = plain[i] * (1 + scale.toDoubles()[row]) + shift.toDoubles()[row];
            rms[i] = v[i] / Math.sqrt(square + EPS) * w.toDoubles()[c];
          }
        }
        double close = tolerance(type);
        Fixtures.assertClose(plain, LayerNorm.layerNorm(x, EPS).toDoubles(), close * condition);
        Fixtures.assertClose(layer, LayerNorm.layerNorm(x, w, b, EPS).toDoubles(), close * condition);
        Fixtures.assertClose(modulated, ModulatedLayerNorm.modulatedLayerNorm(x, shift, scale, EPS).toDoubles(), close
            * condition);
        Fixtures.assertClose(rms, RmsNorm.rmsNorm(x, w, EPS).toDoubles(), close);
        // rows that do not lie one after the other
        Tensor wide = Tensor.concat(2, x, x).slice(2, cols, cols);
        Fixtures.assertClose(rms, RmsNorm.rmsNorm(wide, w, EPS).toDoubles(), close);
      }
    }
  }

  @Property(tries = 40)
  void backwardMatchesTheNaiveLoop(@ForAll @IntRange(min = 1, max = 5) int rows, @ForAll @IntRange(min = 2, max = 67) int cols,
      @ForAll long seed) {
    DType type = type(seed);
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(device, type, seed, rows, cols);
        Tensor g = random(device, type, seed + 1, rows, cols);
        var layer = Trace.applyAll(new LayerNorm(EPS, true), x);
        var rms = Trace.applyAll(new RmsNorm(EPS, true), x, g.slice(0, 0, 1).reshape(cols));
        double[] dLayer = naiveBackward(x, layer.get(1), layer.get(2), g, true);
        double[] dRms = naiveBackward(x, layer.get(1), rms.get(1), g, false);
        Tensor gotLayer = Trace.apply(new LayerNormBackward(), x, layer.get(1), layer.get(2), g);
        Tensor gotRms = Trace.apply(new RmsNormBackward(), x, rms.get(1), g);
        // terms of this size cancel each other
        double size = Fixtures.largest(g.toDoubles()) * Fixtures.largest(layer.get(2).toDoubles());
        Fixtures.assertWithin(dLayer, gotLayer.toDoubles(), size * tolerance(type));
        Fixtures.assertWithin(dRms, gotRms.toDoubles(), size * tolerance(type));
      }
    }
  }

  private static double[] naiveBackward(Tensor x, Tensor means, Tensor inverses, Tensor g, boolean isLayer) {
    int cols = (int) x.size(1);
    double[] v = x.toDoubles();
    double[] u = g.toDoubles();
    double[] dx = new double[v.length];
    for (int r = 0; r < x.size(0); r++) {
      double inverse = inverses.toDoubles()[r];
      double mean = isLayer ? means.toDoubles()[r] : 0;
      double sumG = 0;
      double sumGm = 0;
      for (int c = 0; c < cols; c++) {
        sumG += isLayer ? u[r * cols + c] : 0;
        sumGm += u[r * cols + c] * (v[r * cols + c] - mean) * inverse;
      }
      for (int c = 0; c < cols; c++) {
        int i = r * cols + c;
        dx[i] = inverse * (u[i] - sumG / cols - (v[i] - mean) * inverse * sumGm / cols);
      }
    }
    return dx;
  }

  @Property(tries = 40)
  void softmaxMatchesTheNaiveLoop(@ForAll @IntRange(min = 1, max = 5) int rows, @ForAll @IntRange(min = 1, max = 67) int cols,
      @ForAll long seed) {
    DType type = type(seed);
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(device, type, seed, rows, cols).mul(10);
        double[] v = x.toDoubles();
        double[] softmax = new double[v.length];
        double[] sums = new double[rows];
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < cols; c++) sums[r] += Math.exp(v[r * cols + c]);
          for (int c = 0; c < cols; c++) softmax[r * cols + c] = Math.exp(v[r * cols + c]) / sums[r];
          sums[r] = Math.log(sums[r]);
        }
        Fixtures.assertClose(softmax, Softmax.softmax(x, 1).toDoubles(), tolerance(type));
        Fixtures.assertClose(sums, LogSumExp.logSumExp(x, false, 1).toDoubles(), tolerance(type));
        // the other axis goes by the definition
        Fixtures.assertClose(softmax, Softmax.softmax(x.transpose().contiguous(), 0).transpose().toDoubles(), 4 * tolerance(
            type));
      }
    }
  }

  @Example
  void softmaxOfNothingVisibleIsNan() {
    float[] hidden = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.tensor(device, hidden, 2, 2);
        Fixtures.assertClose(new double[] {Double.NaN, Double.NaN, 1, 0}, Softmax.softmax(x, 1).toDoubles(), 0);
        double[] want = {Double.NEGATIVE_INFINITY, 0};
        Fixtures.assertClose(want, LogSumExp.logSumExp(x, false, 1).toDoubles(), 0);
      }
    }
  }

  @Property(tries = 40)
  void channelNormsMatchTheNaiveLoop(@ForAll @IntRange(min = 1, max = 3) int groups, @ForAll @IntRange(min = 1, max = 7) int each,
      @ForAll @IntRange(min = 1, max = 9) int height, @ForAll long seed) {
    int channels = groups * each;
    int width = seed % 3 == 0 ? 67 : 5;
    DType type = type(seed);
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(device, type, seed, 2, channels, height, width).add(0.5);
        Tensor w = random(device, type, seed + 1, channels);
        Tensor b = random(device, type, seed + 2, channels);
        double[] length = naiveChannelNorm(x, w);
        double[] grouped = naiveGroupNorm(x, w, b, groups);
        double close = tolerance(type);
        for (Tensor laid : new Tensor[] {x, Fixtures.reordered(x, 0, 2, 3, 1), Fixtures.reordered(x, 1, 0, 2, 3)}) {
          Fixtures.assertClose(length, ChannelNorm.channelNorm(laid, w).toDoubles(), close);
          Fixtures.assertClose(grouped, GroupNorm.groupNorm(laid, groups, w, b, EPS).toDoubles(), 2 * close);
        }
      }
    }
  }

  private static double[] naiveChannelNorm(Tensor x, Tensor w) {
    int channels = (int) x.size(1);
    int places = (int) (x.size(2) * x.size(3));
    double[] v = x.toDoubles();
    double[] y = new double[v.length];
    for (int n = 0; n < x.size(0); n++) {
      for (int p = 0; p < places; p++) {
        double square = 0;
        for (int c = 0; c < channels; c++) square += v[(n * channels + c) * places + p] * v[(n * channels + c) * places + p];
        for (int c = 0; c < channels; c++) {
          int i = (n * channels + c) * places + p;
          y[i] = v[i] / Math.max(Math.sqrt(square), 1e-12) * Math.sqrt(channels) * w.toDoubles()[c];
        }
      }
    }
    return y;
  }

  private static double[] naiveGroupNorm(Tensor x, Tensor w, Tensor b, int groups) {
    int channels = (int) x.size(1);
    int places = (int) (x.size(2) * x.size(3));
    int members = channels / groups * places;
    double[] v = x.toDoubles();
    double[] y = new double[v.length];
    for (int group = 0; group < x.size(0) * groups; group++) {
      double mean = 0;
      for (int i = 0; i < members; i++) mean += v[group * members + i] / members;
      double variance = 0;
      for (int i = 0; i < members; i++) variance += Math.pow(v[group * members + i] - mean, 2) / members;
      for (int i = 0; i < members; i++) {
        int c = (group * members + i) / places % channels;
        y[group * members + i] = (v[group * members + i] - mean) / Math.sqrt(variance + EPS) * w.toDoubles()[c] + b
            .toDoubles()[c];
      }
    }
    return y;
  }

  @Example
  void groupNormOfManyPlacesMatchesTheNaiveLoop() {
    try (Scope scope = Scope.open()) {
      Tensor x = Fixtures.random(Fixtures.VECTOR, 1, 1, 6, 83, 101);
      Tensor w = Fixtures.random(Fixtures.VECTOR, 2, 6);
      Tensor b = Fixtures.random(Fixtures.VECTOR, 3, 6);
      double[] want = naiveGroupNorm(x, w, b, 2);
      Fixtures.assertClose(want, GroupNorm.groupNorm(x, 2, w, b, EPS).toDoubles(), 1e-5);
      Fixtures.assertClose(want, GroupNorm.groupNorm(Fixtures.reordered(x, 0, 2, 3, 1), 2, w, b, EPS).toDoubles(), 1e-5);
    }
  }

  @Property(tries = 30)
  void ropeMatchesTheNaiveLoop(@ForAll @IntRange(min = 1, max = 3) int heads, @ForAll @IntRange(min = 1, max = 19) int pairs,
      @ForAll long seed) {
    DType type = type(seed);
    int tokens = 1 + new Random(seed).nextInt(6);
    boolean isBatched = new Random(seed).nextBoolean();
    for (Device device : Fixtures.BOTH) {
      try (Scope scope = Scope.open()) {
        Tensor x = random(device, type, seed, 2, tokens, heads, 2L * pairs);
        long[] sizes = isBatched ? new long[] {2, tokens, pairs} : new long[] {tokens, pairs};
        Tensor cos = Fixtures.random(device, seed + 1, sizes);
        Tensor sin = Fixtures.random(device, seed + 2, sizes);
        double[] v = x.toDoubles();
        double[] want = new double[v.length];
        for (int i = 0; i < v.length; i += 2) {
          int token = i / (2 * pairs) / heads % (isBatched ? 2 * tokens : tokens);
          double c = cos.toDoubles()[token * pairs + i / 2 % pairs];
          double s = sin.toDoubles()[token * pairs + i / 2 % pairs];
          want[i] = v[i] * c - v[i + 1] * s;
          want[i + 1] = v[i] * s + v[i + 1] * c;
        }
        Fixtures.assertClose(want, Rope.rope(x, cos, sin).toDoubles(), tolerance(type));
      }
    }
  }
}
