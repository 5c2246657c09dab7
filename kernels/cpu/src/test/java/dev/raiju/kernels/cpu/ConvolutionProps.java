package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.assertSame;
import static dev.raiju.kernels.cpu.TestTensors.of;
import static dev.raiju.kernels.cpu.TestTensors.random;
import static dev.raiju.kernels.cpu.TestTensors.values;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.Window;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// Every element of a convolution and of its gradients is one chain of fused multiply-adds in a stated order, so the wanted bits
/// are those of the plainest loops.
final class ConvolutionProps {
  /// A convolution of random sizes.
  ///
  /// @param image spatial sizes of the input
  /// @param taps spatial sizes of the weight
  private record Case(DType type, Window window, int images, int inputs, int outputs, long[] image, long[] taps,
      boolean lastChannels,
      long seed) {
    static Case random(DType type, int axes, int groups, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      Integer[] stride = numbers(axes, () -> 1 + random.nextInt(3) / 2 + random.nextInt(5) / 4);
      Integer[] dilation = numbers(axes, () -> 1 + random.nextInt(4) / 3);
      Integer[] before = numbers(axes, () -> random.nextInt(3));
      Integer[] after = numbers(axes, () -> random.nextInt(3));
      Integer[] taps = numbers(axes, () -> 1 + random.nextInt(3));
      Integer[] image = new Integer[axes];
      for (int i = 0; i < axes; i++) {
        int reach = dilation[i] * (taps[i] - 1) + 1;
        image[i] = Math.max(1, reach - before[i] - after[i]) + random.nextInt(axes == 1 ? 40 : 9);
      }
      Window window = Window.of(axes).stride(stride).padding(List.of(before), List.of(after)).dilation(dilation).groups(groups);
      return new Case(type, window, 1 + random.nextInt(2), groups * (1 + random.nextInt(7)), groups * (1 + random.nextInt(40)),
          longs(
              image), longs(taps), random.nextBoolean(), seed);
    }

    private static Integer[] numbers(int axes, java.util.function.IntSupplier numbers) {
      return IntStream.range(0, axes).mapToObj(_ -> numbers.getAsInt()).toArray(Integer[]::new);
    }

    private static long[] longs(Integer[] values) {
      return IntStream.range(0, values.length).mapToLong(i -> values[i]).toArray();
    }

    Shape x() { return Shape.of(images, inputs).append(image); }

    Shape w() { return Shape.of(outputs, inputs / window.groups()).append(taps); }

    Shape y() {
      long[] sizes = LongStream.range(0, image.length).map(axis -> {
        int i = (int) axis;
        long reach = window.dilation().get(i) * (taps[i] - 1) + 1;
        return (image[i] + window.before().get(i) + window.after().get(i) - reach) / window.stride().get(i) + 1;
      }).toArray();
      return Shape.of(images, outputs).append(sizes);
    }
  }

  @Property(tries = 150)
  void everyElementIsOneChain(@ForAll @IntRange(min = 1, max = 3) int axes, @ForAll @IntRange(min = 1, max = 3) int groups,
      @ForAll long seed) {
    check(Case.random(DType.F32, axes, groups, seed));
  }

  @Property(tries = 40)
  void narrowTypesAreSummedInF32(@ForAll @IntRange(min = 1, max = 3) int axes, @ForAll boolean half, @ForAll long seed) {
    check(Case.random(half ? DType.F16 : DType.BF16, axes, 1, seed));
  }

  @Test
  void chainsGoOnOverChunks() {
    Window same = Window.of(2).padding(1, 1);
    check(new Case(DType.F32, same, 2, 45, 70, new long[] {33, 20}, new long[] {3, 3}, true, 1));
    check(new Case(DType.F32, Window.of(1), 1, 3, 5, new long[] {1200}, new long[] {4}, false, 2));
    check(new Case(DType.F32, Window.of(2).stride(2, 2).padding(1, 1), 1, 8, 3, new long[] {70, 65}, new long[] {4, 3}, false,
        3));
    Window causal = Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1));
    check(new Case(DType.F32, causal, 1, 20, 17, new long[] {4, 19, 20}, new long[] {3, 3, 3}, true, 4));
    check(new Case(DType.F32, Window.of(2).groups(32).padding(1, 1), 1, 32, 32, new long[] {9, 9}, new long[] {3, 3}, false, 5));
  }

  private static void check(Case c) {
    double[] x = random(c.type, c.seed, c.x().sizes());
    double[] w = random(c.type, c.seed + 1, c.w().sizes());
    double[] bias = random(c.type, c.seed + 2, c.outputs);
    double[] dy = random(c.type, c.seed + 3, c.y().sizes());
    float[] y = new float[(int) c.y().elements()];
    float[] dx = new float[x.length];
    float[] dw = new float[w.length];
    // each order of the loops gives the order of one of the three sums
    taps(c, true, (from, weight, to) -> y[to] = Math.fma((float) x[from], (float) w[weight], y[to]));
    taps(c, true, (from, weight, to) -> dx[from] = Math.fma((float) dy[to], (float) w[weight], dx[from]));
    taps(c, false, (from, weight, to) -> dw[weight] = Math.fma((float) x[from], (float) dy[to], dw[weight]));
    int inner = (int) (c.y().elements() / c.images / c.outputs);
    double[] biased = new double[y.length];
    for (int i = 0; i < y.length; i++) biased[i] = MatMulProps.rounded(c.type, y[i] + (float) bias[i / inner % c.outputs]);
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        String where = device.backend().describe() + c;
        Tensor input = laidOut(device, c, x, c.x());
        Tensor weight = of(device, c.type, w, c.w().sizes());
        Tensor gradient = laidOut(device, c, dy, c.y());
        assertSame(rounded(c, y), values(Convolution.convolution(input, weight, c.window)), where);
        Tensor b = of(device, c.type, bias, c.outputs);
        assertSame(biased, values(Convolution.convolution(input, weight, b, c.window)), where + " bias");
        Tensor inputGradient = Trace.apply(new ConvolutionInputGradient(c.window, c.x()), gradient, weight);
        assertSame(rounded(c, dx), values(inputGradient), where + " input gradient");
        Tensor weightGradient = Trace.apply(new ConvolutionWeightGradient(c.window, c.w()), input, gradient);
        assertSame(rounded(c, dw), values(weightGradient), where + " weight gradient");
      }
    }
  }

  private static double[] rounded(Case c, float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> MatMulProps.rounded(c.type, values[i])).toArray();
  }

  /// Images with their channels last in memory, or row-major.
  private static Tensor laidOut(Device device, Case c, double[] values, Shape shape) {
    if (!c.lastChannels) return of(device, c.type, values, shape.sizes());
    int channels = (int) shape.size(1);
    int inner = (int) (shape.elements() / shape.size(0) / channels);
    double[] moved = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int image = i / inner / channels;
      moved[(image * inner + i % inner) * channels + i / inner % channels] = values[i];
    }
    int[] axes = IntStream.range(0, shape.rank()).map(i -> i == 0 ? 0 : i == 1 ? shape.rank() - 1 : i - 1).toArray();
    return of(device, c.type, moved, Shape.of(shape.size(0)).append(shape.slice(2, shape.rank()).append(channels).sizes())
        .sizes())
        .permute(axes);
  }

  private interface Tap {
    void visit(int x, int w, int y);
  }

  /// Visits every multiply-add: taps before channels, or pixels before all.
  private static void taps(Case c, boolean tapsOutside, Tap tap) {
    int axes = c.image.length;
    int taps = (int) Shape.of(c.taps).elements();
    int pixels = (int) (c.y().elements() / c.images / c.outputs);
    if (!tapsOutside) {
      for (int n = 0; n < c.images; n++) {
        for (int p = 0; p < pixels; p++) {
          for (int t = 0; t < taps; t++) channels(c, axes, n, p, t, tap);
        }
      }
    } else {
      for (int t = 0; t < taps; t++) {
        for (int n = 0; n < c.images; n++) {
          for (int p = 0; p < pixels; p++) channels(c, axes, n, p, t, tap);
        }
      }
    }
  }

  private static void channels(Case c, int axes, int n, int p, int t, Tap tap) {
    int input = 0;
    int pixel = p;
    int place = t;
    int step = 1;
    for (int i = axes - 1; i >= 0; i--) {
      int out = (int) c.y().size(2 + i);
      int at = pixel % out * c.window.stride().get(i) + place % (int) c.taps[i] * c.window.dilation().get(i) - c.window.before()
          .get(i);
      if (at < 0 || at >= c.image[i]) return;
      input += at * step;
      step *= (int) c.image[i];
      pixel /= out;
      place /= (int) c.taps[i];
    }
    int inputs = c.inputs / c.window.groups();
    int outputs = c.outputs / c.window.groups();
    int taps = (int) Shape.of(c.taps).elements();
    int pixels = (int) (c.y().elements() / c.images / c.outputs);
    for (int o = 0; o < c.outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        int channel = o / outputs * inputs + i;
        tap.visit((n * c.inputs + channel) * step + input, (o * inputs + i) * taps + t, (n * c.outputs + o) * pixels + p);
      }
    }
  }
}
