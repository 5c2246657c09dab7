package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.Arrays;
import java.util.List;

/// Convolution (in truth correlation) over 1, 2 or 3 spatial axes: `[N, C, …] * [O, C / groups, …] + [O] = [N, O, …]`.
///
/// Each element is one chain of fused multiply-adds over the taps, first axis slowest, channels fastest. The result lies
/// channels-last in memory on backends that prefer it.
public record Convolution(Window window) implements Primitive, Differentiable {
  /// @param x `[N, C, …]`
  /// @param weight `[O, C / groups, …]`
  public static Tensor convolution(Tensor x, Tensor weight, Window window) {
    return Trace.apply(new Convolution(window), x, weight);
  }

  /// The same with a bias `[O]` added.
  public static Tensor convolution(Tensor x, Tensor weight, Tensor bias, Window window) {
    return Trace.apply(new Convolution(window), x, weight, bias);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0);
    Spec w = in.get(1);
    if (in.size() > 2 && (in.get(2).rank() != 1 || in.get(2).size(0) != w.size(0))) {
      throw new ShapeException("convolution: bias must be [%d], got %s", w.size(0), in.get(2).shape());
    }
    for (Spec other : in) other.requireSameType("convolution", x);
    return List.of(x.with(window.infer("convolution", x, w)));
  }

  @Override
  public Cost cost(List<Spec> in) {
    List<Spec> out = infer(in);
    return Cost.of(Window.flops(out.getFirst().shape(), in.get(1).shape()), in, out);
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in.subList(0, 2); }

  @Override
  public void vjp(Pullback pullback) {
    Spec x = pullback.in(0);
    Spec w = pullback.in(1);
    pullback.give(0, () -> Trace.apply(new ConvolutionInputGradient(window, x.shape()), pullback.cotangent(0), pullback.saved(
        1)));
    pullback.give(1, () -> Trace.apply(new ConvolutionWeightGradient(window, w.shape()), pullback.saved(0), pullback.cotangent(
        0)));
    if (pullback.inputs() > 2) {
      // [O, 1, …]: the bias as it was stretched over the output
      long[] stretched = new long[1 + window.axes()];
      Arrays.fill(stretched, 1);
      stretched[0] = w.size(0);
      pullback.give(2, () -> pullback.cotangent(0).sumTo(Shape.of(stretched)).reshape(w.size(0)));
    }
  }
}
