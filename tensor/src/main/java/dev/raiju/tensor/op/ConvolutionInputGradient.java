package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// What a convolution's input must have received, from the gradient of its output: the transposed convolution.
///
/// @param window of the convolution
/// @param shape of its input
public record ConvolutionInputGradient(Window window, Shape shape) implements Primitive, Differentiable {
  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec out = in.get(0);
    Spec w = in.get(1);
    out.requireShape(name(), "the output's gradient", window.infer(name(), out.with(shape), w));
    return List.of(out.with(shape));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(Window.flops(in.get(0).shape(), in.get(1).shape()), in, infer(in)); }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in; }

  @Override
  public void vjp(Pullback pullback) {
    Shape weight = pullback.in(1).shape();
    pullback.give(0, () -> Convolution.convolution(pullback.cotangent(0), pullback.saved(1), window));
    pullback.give(1, () -> Trace.apply(new ConvolutionWeightGradient(window, weight), pullback.cotangent(0), pullback.saved(0)));
  }
}
