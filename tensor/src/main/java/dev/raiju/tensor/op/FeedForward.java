package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The feed-forward network of a transformer block: `linear₂(gelu(linear₁(x)))`, or gated `linear₂(linear₁(x) · gelu(gate(x)))`
/// without biases. GELU is the tanh form. Shazeer 2020, arXiv:2002.05202, for the gated form.
///
/// @param gated whether there is a gate
/// @param compute the type of the products' factors, as in [Linear]
public record FeedForward(boolean gated, DType compute) implements Fused {
  /// @param x `[…, D]`
  /// @param w1 `[F, D]`
  /// @param b1 `[F]`
  /// @param w2 `[D, F]`
  /// @param b2 `[D]`
  public static Tensor feedForward(Tensor x, Tensor w1, Tensor b1, Tensor w2, Tensor b2) {
    return Trace.apply(new FeedForward(false, DType.F32), x, w1, b1, w2, b2);
  }

  /// @param x `[…, D]`
  /// @param gate `[F, D]`
  /// @param w1 `[F, D]`
  /// @param w2 `[D, F]`
  public static Tensor gatedFeedForward(Tensor x, Tensor gate, Tensor w1, Tensor w2) {
    return Trace.apply(new FeedForward(true, DType.F32), x, gate, w1, w2);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Linear linear = new Linear(compute);
    Spec x = in.get(0);
    if (gated) {
      Spec gate = linear.infer(List.of(x, in.get(1))).getFirst();
      Spec hidden = linear.infer(List.of(x, in.get(2))).getFirst();
      hidden.requireShape("feed_forward", "the gated branch", gate.shape());
      return linear.infer(List.of(hidden, in.get(3)));
    }
    return linear.infer(List.of(linear.infer(List.of(x, in.get(1), in.get(2))).getFirst(), in.get(3), in.get(4)));
  }

  @Override
  public Cost cost(List<Spec> in) {
    long products = (gated ? 3 : 2) * 2 * in.get(0).shape().elements() * in.get(1).size(0);
    return Cost.of(products + 8 * in.get(1).size(0) * in.get(0).shape().elements() / Math.max(1, in.get(0).size(-1)), in, infer(
        in));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Linear linear = new Linear(compute);
    Tensor x = in.get(0);
    if (gated) {
      Expr rule = Expr.in(0).mul(Elementwise.geluTanh(Expr.in(1)));
      Tensor hidden = Elementwise.elementwise("gated_gelu", rule, Trace.apply(linear, x, in.get(2)), Trace.apply(linear, x, in
          .get(1)));
      return List.of(Trace.apply(linear, hidden, in.get(3)));
    }
    Tensor hidden = Elementwise.geluTanh(Trace.apply(linear, x, in.get(1), in.get(2)));
    return List.of(Trace.apply(linear, hidden, in.get(3), in.get(4)));
  }
}
