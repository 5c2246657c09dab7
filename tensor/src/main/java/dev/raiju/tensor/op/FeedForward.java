package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The feed-forward network of a transformer block: `linear₂(gelu(linear₁(x)))`, or gated `linear₂(linear₁(x) · gelu(gate(x)))`
/// without biases. GELU is the tanh form. Shazeer 2020, arXiv:2002.05202, for the gated form.
///
/// The recorded form also gives the hidden rows before the activation, `[…, F]`: those of the gate and then those of `linear₁`
/// where there is a gate. With them, no product of the forward pass is computed again for the gradient. A layer computed in bf16
/// rounds them to it.
///
/// @param gated whether there is a gate
/// @param compute the type of the products' factors, as in [Linear]
/// @param hidden whether the hidden rows are outputs too
public record FeedForward(boolean gated, DType compute, boolean hidden) implements Fused, Differentiable {
  private static final Expr GATED = Expr.in(0).mul(Elementwise.geluTanh(Expr.in(1)));

  /// Without the hidden rows.
  public FeedForward(boolean gated, DType compute) { this(gated, compute, false); }

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
    Spec first = linear.infer(gated ? in.subList(0, 2) : in.subList(0, 3)).getFirst();
    if (gated) {
      Spec value = linear.infer(List.of(x, in.get(2))).getFirst();
      value.requireShape("feed_forward", "the gated branch", first.shape());
    }
    Spec y = linear.infer(gated ? List.of(first, in.get(3)) : List.of(first, in.get(3), in.get(4))).getFirst();
    if (!hidden) return List.of(y);
    Spec rows = new Spec(compute == DType.BF16 ? DType.BF16 : first.dtype(), first.shape());
    return gated ? List.of(y, rows, rows) : List.of(y, rows);
  }

  @Override
  public Cost cost(List<Spec> in) {
    long products = (gated ? 3 : 2) * 2 * in.get(0).shape().elements() * in.get(1).size(0);
    return Cost.of(products + 8 * in.get(1).size(0) * in.get(0).shape().elements() / Math.max(1, in.get(0).size(-1)), in, infer(
        in));
  }

  @Override
  public Fused recorded() { return new FeedForward(gated, compute, true); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Linear linear = new Linear(compute);
    Tensor x = in.get(0);
    if (gated) {
      Tensor gate = Trace.apply(linear, x, in.get(1));
      Tensor value = Trace.apply(linear, x, in.get(2));
      Tensor y = Trace.apply(linear, Elementwise.elementwise("gated_gelu", GATED, value, gate), in.get(3));
      return hidden ? List.of(y, kept(gate), kept(value)) : List.of(y);
    }
    Tensor rows = Trace.apply(linear, x, in.get(1), in.get(2));
    Tensor y = Trace.apply(linear, Elementwise.geluTanh(rows), in.get(3), in.get(4));
    return hidden ? List.of(y, kept(rows)) : List.of(y);
  }

  private Tensor kept(Tensor rows) { return compute == DType.BF16 ? rows.to(DType.BF16) : rows; }

  /// The input, the hidden rows and the weights.
  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) {
    return gated
        ? List.of(in.get(0), in.get(1), in.get(2), in.get(3), out.get(1), out.get(2))
        : List.of(in.get(0), in.get(1), in.get(3), out.get(1));
  }

  @Override
  public void vjp(Pullback pullback) {
    if (gated) gatedVjp(pullback);
    else
      plainVjp(pullback);
  }

  private void plainVjp(Pullback pullback) {
    Linear linear = new Linear(compute);
    Tensor dy = pullback.cotangent(0);
    if (wantsAll(pullback)) {
      List<Tensor> all = FeedForwardBackward.of(compute, pullback.saved(0), pullback.saved(1), pullback.saved(2), pullback.saved(
          3),
          dy);
      for (int i = 0; i < all.size(); i++) {
        int input = i;
        pullback.give(i, () -> all.get(input));
      }
      return;
    }
    Tensor rows = pullback.saved(3).to(dy.dtype());
    if (pullback.in(3).dtype().isFloat())
      pullback.give(3, () -> linear.weightGradient(dy, Elementwise.geluTanh(rows), pullback.in(3)));
    pullback.give(4, () -> Linear.biasGradient(dy));
    if (!pullback.wants(0) && !pullback.wants(1) && !pullback.wants(2)) return;
    Tensor activated = linear.inputGradient(dy, pullback.saved(2), rows.spec());
    Tensor d = plus(pullback, 1, Elementwise.elementwise("gelu_tanh_gradient", Elementwise.GELU_TANH_GRADIENT, rows, activated));
    firstVjp(pullback, linear, d, 1);
    pullback.give(2, () -> Linear.biasGradient(d));
    pullback.give(0, () -> linear.inputGradient(d, pullback.saved(1), pullback.in(0)));
  }

  /// Whether the op that computes all gradients is worth while: all weights learn, and this is not the gradient of a gradient.
  private static boolean wantsAll(Pullback pullback) {
    return pullback.wants(1) && pullback.wants(3) && !pullback.has(1) && pullback.in(1).dtype().isFloat() && pullback.in(3)
        .dtype()
        .isFloat();
  }

  private void gatedVjp(Pullback pullback) {
    Linear linear = new Linear(compute);
    Tensor dy = pullback.cotangent(0);
    Tensor gate = pullback.saved(4).to(dy.dtype());
    Tensor value = pullback.saved(5).to(dy.dtype());
    if (pullback.in(3).dtype().isFloat())
      pullback.give(3, () -> linear.weightGradient(dy, Elementwise.elementwise("gated_gelu", GATED, value, gate), pullback.in(
          3)));
    if (!pullback.wants(0) && !pullback.wants(1) && !pullback.wants(2)) return;
    Tensor both = linear.inputGradient(dy, pullback.saved(3), gate.spec());
    Expr ofGate = Elementwise.GELU_TANH_GRADIENT.mul(Expr.in(2));
    Tensor dGate = plus(pullback, 1, Elementwise.elementwise("gate_gradient", ofGate, gate, both, value));
    Tensor dValue = plus(pullback, 2, Elementwise.elementwise("gated_gelu", GATED, both, gate));
    firstVjp(pullback, linear, dGate, 1);
    firstVjp(pullback, linear, dValue, 2);
    pullback.give(0, () -> linear.inputGradient(dGate, pullback.saved(1), pullback.in(0)).add(linear.inputGradient(dValue,
        pullback.saved(2), pullback.in(0))));
  }

  private static void firstVjp(Pullback pullback, Linear linear, Tensor d, int weight) {
    if (pullback.in(weight).dtype().isFloat())
      pullback.give(weight, () -> linear.weightGradient(d, pullback.saved(0), pullback.in(weight)));
  }

  /// A gradient of hidden rows with what arrives at them as outputs, which is only in second order.
  private static Tensor plus(Pullback pullback, int output, Tensor gradient) {
    return pullback.has(output) ? gradient.add(pullback.cotangent(output).to(gradient.dtype())) : gradient;
  }
}
