package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// What a convolution's weight must have received, from its input and the gradient of its output.
///
/// @param window of the convolution
/// @param shape of its weight
public record ConvolutionWeightGradient(Window window, Shape shape) implements Primitive, Differentiable {
  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0);
    in.get(1).requireSameType(name(), x).requireShape(name(), "the output's gradient", window.infer(name(), x, x.with(shape)));
    return List.of(x.with(shape));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(Window.flops(in.get(1).shape(), shape), in, infer(in)); }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in; }

  @Override
  public void vjp(Pullback pullback) {
    Shape x = pullback.in(0).shape();
    pullback.give(0, () -> Trace.apply(new ConvolutionInputGradient(window, x), pullback.saved(1), pullback.cotangent(0)));
    pullback.give(1, () -> Convolution.convolution(pullback.saved(0), pullback.cotangent(0), window));
  }
}
