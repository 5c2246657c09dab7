package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// `exp(x) / Σ exp(x)` along an axis, computed after subtracting the maximum. A line of nothing but -∞ gives NaN.
///
/// @param axis counted from the front
public record Softmax(int axis) implements Fused, Differentiable {
  public static Tensor softmax(Tensor x, int axis) { return Trace.apply(new Softmax(x.shape().axis(axis)), x); }

  /// `log(softmax(x))`, without overflow.
  public static Tensor logSoftmax(Tensor x, int axis) { return x.sub(LogSumExp.logSumExp(x, true, axis)); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    in.getFirst().requireFloat("softmax").size(axis);
    return in;
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.elementwise(5, in, in); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst().to(in.getFirst().spec().wide());
    Tensor e = x.size(axis) == 0 ? x : x.sub(x.max(true, axis)).exp();
    return List.of(e.div(e.sum(true, axis)).to(in.getFirst().dtype()));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return out; }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> {
      Spec x = pullback.in(0);
      Tensor y = pullback.saved(0).to(x.wide());
      Tensor dy = pullback.cotangent(0).to(x.wide());
      Expr rule = Expr.in(0).mul(Expr.in(1).sub(Expr.in(2)));
      return Elementwise.elementwise("softmax_gradient", rule, y, dy, y.mul(dy).sum(true, axis)).to(x.dtype());
    });
  }
}
