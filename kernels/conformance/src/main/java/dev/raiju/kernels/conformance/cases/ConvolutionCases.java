package dev.raiju.kernels.conformance.cases;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Convolutions over one, two and three axes, and their two gradients.
final class ConvolutionCases {
  private ConvolutionCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>();
    for (int axes = 1; axes <= 3; axes++) rows.add(convolution(axes));
    rows.addAll(List.of(causal(), inputGradient(), weightGradient()));
    return rows;
  }

  /// What a convolution is made of: input, weight and output shape, and the window.
  private record Setting(Shape x, Shape w, Shape y, Window window) {
    long terms() { return w.remove(0).elements() + 1; }
  }

  private static Setting setting(Choices c, int axes) {
    int groups = c.rarely(4) ? 2 : 1;
    long in = c.between(0, 3) * groups + (c.rarely(12) ? 0 : groups);
    long out = (axes == 1 ? Math.min(c.length(), 20) : c.between(1, 5)) * groups;
    Integer[] stride = new Integer[axes];
    Integer[] before = new Integer[axes];
    Integer[] after = new Integer[axes];
    Integer[] dilation = new Integer[axes];
    long[] x = new long[axes];
    long[] w = new long[axes];
    long[] y = new long[axes];
    for (int i = 0; i < axes; i++) {
      stride[i] = c.between(1, 2);
      before[i] = c.pick(3);
      after[i] = c.pick(3);
      dilation[i] = c.rarely(4) ? 2 : 1;
      w[i] = c.between(1, 3);
      long reach = dilation[i] * (w[i] - 1) + 1;
      long longest = axes == 1 ? 40 : axes == 2 ? 9 : 5;
      // the output decides, so that it is never too small
      y[i] = i == axes - 1 ? Math.max(1, Math.min(longest, c.length())) : c.between(1, 4);
      long padded = (y[i] - 1) * stride[i] + reach + c.pick(stride[i]);
      before[i] = (int) Math.min(before[i], padded);
      after[i] = (int) Math.min(after[i], padded - before[i]);
      x[i] = padded - before[i] - after[i];
    }
    Window window = Window.of(axes).stride(stride).padding(List.of(before), List.of(after)).dilation(dilation).groups(groups);
    long n = c.few();
    return new Setting(Shape.of(n, in).append(x), Shape.of(out, in / groups).append(w), Shape.of(n, out).append(y), window);
  }

  private static OpCase convolution(int axes) {
    long[] line = new long[axes];
    Arrays.fill(line, 4);
    Shape plane = Shape.of(line);
    return OpCase.of("convolution " + axes + "d", (c, type) -> {
      Setting s = setting(c, axes);
      boolean bias = c.coin();
      Value x = c.numbers(type, s.x());
      Value w = c.numbers(type, s.w());
      Sample sample = bias
          ? Sample.of(in -> Convolution.convolution(in.get(0), in.get(1), in.get(2), s.window()), x, w, c.numbers(type, s.w()
              .size(0)))
          : Sample.of(in -> Convolution.convolution(in.get(0), in.get(1), s.window()), x, w);
      return sample.terms(s.terms()).text(s.window());
    }).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> measured(c, type, axes)).refuses(
        "convolution: channels do not fit: input " + Shape.of(1, 3).append(plane.sizes()) + ", weight " + Shape.of(2, 2).append(
            plane
                .sizes()) + ", 1 groups; needs input[1] = weight[1] · groups", in -> Convolution.convolution(in.get(0), in.get(1),
                    Window.of(
                        axes)), new Spec(DType.F32, Shape.of(1, 3).append(plane.sizes())), new Spec(DType.F32, Shape.of(2, 2)
                            .append(plane.sizes())))
        .refuses("convolution: spatial axis 0: size 4 padded by 0 and 0 is too small for 5 taps, dilation 1", in -> Convolution
            .convolution(in
                .get(0), in.get(1), Window.of(axes)), new Spec(DType.F32, Shape.of(1, 1).append(plane.sizes())), new Spec(
                    DType.F32, Shape.of(1,
                        1).append(plane.with(0, 5).sizes()))).refuses("convolution: bias must be [2], got [3]", in -> Convolution
                            .convolution(in.get(0),
                                in.get(1), in.get(2), Window.of(axes)), new Spec(DType.F32, Shape.of(1, 1).append(plane.sizes())),
                            new Spec(DType.F32, Shape
                                .of(2, 1).append(plane.sizes())), Spec.of(DType.F32, 3)).refuses(
                                    "convolution: needs " + (axes + 2) + " axes, got f32 [1, 1]", in -> Convolution.convolution(in
                                        .get(0), in.get(1),
                                        Window.of(axes)), Spec.of(DType.F32, 1, 1), new Spec(DType.F32, Shape.of(1, 1).append(
                                            plane.sizes())));
  }

  private static Sample measured(Choices c, DType type, int axes) {
    Shape space = axes == 1 ? Shape.of(400) : axes == 2 ? Shape.of(32, 40) : Shape.of(4, 12, 16);
    long[] taps = new long[axes];
    Arrays.fill(taps, 3);
    Integer[] padding = new Integer[axes];
    Arrays.fill(padding, 1);
    Value x = c.numbers(type, Shape.of(1, 24).append(space.sizes()));
    Value w = c.numbers(type, Shape.of(24, 24).append(taps));
    Window window = Window.of(axes).padding(padding);
    return Sample.of(in -> Convolution.convolution(in.get(0), in.get(1), window), x, w).terms(24 * Shape.of(taps).elements());
  }

  /// Three axes padded in time in front alone, as in the video autoencoder.
  private static OpCase causal() {
    return OpCase.of("convolution causal", (c, type) -> {
      long channels = c.between(1, 4);
      long out = c.between(1, 5);
      Window window = Window.of(3).padding(List.of(2, 1, 1), List.of(0, 1, 1));
      return Sample.of(in -> Convolution.convolution(in.get(0), in.get(1), in.get(2), window), c.numbers(type, c.few(), channels,
          c.between(1,
              3), c.between(1, 4), Math.max(1, Math.min(9, c.length()))), c.numbers(type, out, channels, 3, 3, 3), c.numbers(type,
                  out)).terms(27
                      * channels + 1);
    }).within(Tolerance.SUM).gradient(Gradient.TWICE);
  }

  private static OpCase inputGradient() {
    return OpCase.of("convolution_input_gradient", (c, type) -> {
      Setting s = setting(c, c.between(1, 3));
      return Sample.of(in -> Trace.apply(new ConvolutionInputGradient(s.window(), s.x()), in.get(0), in.get(1)), c.numbers(type, s
          .y()), c
              .numbers(type, s.w())).terms(s.w().remove(1).elements()).text(s.window(), s.x());
    }).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> {
      Shape x = Shape.of(1, 24, 32, 40);
      Window window = Window.of(2).padding(1, 1);
      return Sample.of(in -> Trace.apply(new ConvolutionInputGradient(window, x), in.get(0), in.get(1)), c.numbers(type, x), c
          .numbers(type, 24,
              24, 3, 3)).terms(216);
    }).refuses("convolution_input_gradient: the output's gradient must be [1, 1, 3], got [1, 1, 4]", in -> gradient(in, Shape.of(
        1, 1, 4)), Spec
            .of(DType.F32, 1, 1, 4), Spec.of(DType.F32, 1, 1, 2));
  }

  private static Tensor gradient(List<Tensor> in, Shape x) {
    return Trace.apply(new ConvolutionInputGradient(Window.of(1), x), in.get(0), in.get(1));
  }

  private static OpCase weightGradient() {
    return OpCase.of("convolution_weight_gradient", (c, type) -> {
      Setting s = setting(c, c.between(1, 3));
      return Sample.of(in -> Trace.apply(new ConvolutionWeightGradient(s.window(), s.w()), in.get(0), in.get(1)), c.numbers(type,
          s.x()), c
              .numbers(type, s.y())).terms(s.y().remove(1).elements()).text(s.window(), s.w());
    }).within(Tolerance.SUM).gradient(Gradient.TWICE).benchmark((c, type) -> {
      Window window = Window.of(2).padding(1, 1);
      Shape w = Shape.of(24, 24, 3, 3);
      return Sample.of(in -> Trace.apply(new ConvolutionWeightGradient(window, w), in.get(0), in.get(1)), c.numbers(type, 1, 24,
          32, 40), c
              .numbers(type, 1, 24, 32, 40)).terms(1280);
    }).refuses("convolution_weight_gradient: the output's gradient must be [1, 2, 3], got [1, 2, 4]", in -> Trace.apply(
        new ConvolutionWeightGradient(Window.of(1), Shape.of(2, 1, 2)), in.get(0), in.get(1)), Spec.of(DType.F32, 1, 1, 4), Spec
            .of(DType.F32, 1,
                2, 4));
  }
}
