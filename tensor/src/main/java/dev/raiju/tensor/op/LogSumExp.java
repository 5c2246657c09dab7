package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// `log Σ exp(x)` over some axes, without overflow. Of nothing, or nothing but -∞, it is -∞, with gradient 0.
///
/// @param axes counted from the front, ascending
/// @param keepAxes whether the axes stay, with size 1
public record LogSumExp(List<Integer> axes, boolean keepAxes) implements Fused, Differentiable {
  // the gradient exp(x - lse) · g; where all of x is -∞, so is lse
  private static final Expr GRADIENT = Expr.in(0).sub(Expr.select(Expr.in(1).equal(Expr.of(Double.NEGATIVE_INFINITY)), Expr.of(0),
      Expr.in(1))).apply(Expr.UnaryFunction.EXP).mul(Expr.in(2));
  // an infinite maximum must not be subtracted from itself
  private static final Expr FINITE_OR_0 = Expr.select(Expr.in(0).apply(Expr.UnaryFunction.ABS).equal(Expr.of(
      Double.POSITIVE_INFINITY)),
      Expr.of(0), Expr.in(0));

  public LogSumExp {
    axes = List.copyOf(axes);
  }

  /// Over all axes if none is named.
  public static Tensor logSumExp(Tensor x, boolean keepAxes, int... axes) {
    return Trace.apply(new LogSumExp(Reduce.axes(x, axes), keepAxes), x);
  }

  private int[] axesArray() { return axes.stream().mapToInt(Integer::intValue).toArray(); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("log_sum_exp");
    return List.of(x.with(x.shape().reduce(keepAxes, axesArray())));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Spec out = infer(List.of(in.getFirst().spec())).getFirst();
    if (axes.isEmpty()) return List.of(in.getFirst().copy());
    if (in.getFirst().shape().elements() == 0) return List.of(Tensor.full(out, Double.NEGATIVE_INFINITY, in.getFirst().device()));
    Tensor x = in.getFirst().to(in.getFirst().spec().wide());
    Tensor max = x.max(true, axesArray());
    Tensor shift = Elementwise.elementwise("finite_or_0", FINITE_OR_0, max);
    Tensor sum = x.sub(shift).exp().sum(true, axesArray()).log().add(shift);
    return List.of(sum.reshape(out.shape()).to(out.dtype()));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.getFirst(), out.getFirst()); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> {
      var kept = pullback.in(0).shape().reduce(true, axesArray());
      return Elementwise.elementwise("log_sum_exp_gradient", GRADIENT, pullback.saved(0), pullback.saved(1).reshape(kept),
          pullback
              .cotangent(0).reshape(kept));
    });
  }
}
