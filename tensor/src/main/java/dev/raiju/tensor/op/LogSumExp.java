package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.Arrays;
import java.util.List;

/// `log Σ exp(x)` over some axes, without overflow. Of nothing but -∞ it is -∞.
///
/// @param axes counted from the front, ascending
/// @param keepAxes whether the axes stay, with size 1
public record LogSumExp(List<Integer> axes, boolean keepAxes) implements Fused, Differentiable {
  // an infinite maximum must not be subtracted from itself
  private static final Expr FINITE_OR_0 = Expr.select(Expr.in(0).apply(Expr.UnaryFunction.ABS).equal(Expr.of(
      Double.POSITIVE_INFINITY)),
      Expr.of(0), Expr.in(0));

  public LogSumExp {
    axes = List.copyOf(axes);
  }

  public static Tensor logSumExp(Tensor x, boolean keepAxes, int... axes) {
    return Trace.apply(new LogSumExp(Arrays.stream(x.shape().axes(axes)).boxed().toList(), keepAxes), x);
  }

  private int[] axesArray() { return axes.stream().mapToInt(Integer::intValue).toArray(); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("log_sum_exp");
    return List.of(x.with(x.shape().reduce(keepAxes, axesArray())));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst();
    Tensor max = x.max(true, axesArray());
    Tensor shift = Elementwise.elementwise("finite_or_0", FINITE_OR_0, max);
    Tensor sum = x.sub(shift).exp().sum(true, axesArray()).log().add(shift);
    return List.of(sum.reshape(x.shape().reduce(keepAxes, axesArray())));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.getFirst(), out.getFirst()); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> {
      var kept = pullback.in(0).shape().reduce(true, axesArray());
      Tensor weight = pullback.saved(0).sub(pullback.saved(1).reshape(kept)).exp();
      return weight.mul(pullback.cotangent(0).reshape(kept));
    });
  }
}
