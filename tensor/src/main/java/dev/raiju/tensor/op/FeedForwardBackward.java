package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;

/// All gradients of a [FeedForward] without gate, from the hidden rows `h` before the activation: with
/// `d = (dy · w₂) · gelu'(h)`, those of `x`, `w₁`, `b₁`, `w₂` and `b₂` are `d · w₁`, `dᵀ · x`, `Σ d`, `dyᵀ · gelu(h)` and `Σ dy`.
///
/// @param compute the type of the products' factors, as in [Linear]
public record FeedForwardBackward(DType compute) implements Fused {
  /// @param x `[…, D]`
  /// @param w1 `[F, D]`
  /// @param w2 `[D, F]`
  /// @param hidden `[…, F]`
  /// @param dy `[…, D]`, the gradient of the result
  static List<Tensor> of(DType compute, Tensor x, Tensor w1, Tensor w2, Tensor hidden, Tensor dy) {
    return Trace.applyAll(new FeedForwardBackward(compute), x, w1, w2, hidden, dy);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0).requireFloat(name());
    Spec w1 = in.get(1).requireFloat(name()).requireRank(name(), 2);
    Spec w2 = in.get(2).requireFloat(name()).requireRank(name(), 2);
    new Linear(compute).infer(List.of(x, w1));
    w2.requireShape(name(), "the second weight", Shape.of(x.size(-1), w1.size(0)));
    in.get(3).requireFloat(name()).requireShape(name(), "the hidden rows", x.shape().with(-1, w1.size(0)));
    in.get(4).requireSameType(name(), x).requireShape(name(), "the gradient", x.shape());
    return List.of(x, w1, x.with(Shape.of(w1.size(0))), w2, x.with(Shape.of(x.size(-1))));
  }

  @Override
  public Cost cost(List<Spec> in) {
    long product = 2 * in.get(0).shape().elements() * in.get(1).size(0);
    return Cost.of(4 * product + 20 * in.get(3).shape().elements(), in, infer(in));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Linear linear = new Linear(compute);
    Tensor x = in.get(0);
    Tensor hidden = in.get(3).to(x.dtype());
    Tensor dy = in.get(4);
    Tensor dw2 = linear.weightGradient(dy, Elementwise.geluTanh(hidden), in.get(2).spec());
    Tensor d = Elementwise.elementwise("gelu_tanh_gradient", Elementwise.GELU_TANH_GRADIENT, hidden, linear.inputGradient(dy, in
        .get(
            2), hidden.spec()));
    List<Tensor> out = new ArrayList<>();
    out.add(linear.inputGradient(d, in.get(1), x.spec()));
    out.add(linear.weightGradient(d, x, in.get(1).spec()));
    out.add(Linear.biasGradient(d));
    out.add(dw2);
    out.add(Linear.biasGradient(dy));
    return out;
  }
}
