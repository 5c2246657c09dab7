package dev.raiju.tensor.op;

import dev.raiju.tensor.Tensor;

/// `out = gate · f + x`: the gated residual of a DiT block. Peebles and Xie 2023, arXiv:2212.09748.
public final class GatedResidual {
  private static final Expr RULE = Expr.in(2).mul(Expr.in(1)).add(Expr.in(0));

  private GatedResidual() {}

  /// @param x `[B, N, D]`, the residual stream
  /// @param f shape of `x`, what a branch gives
  /// @param gate broadcasts to `x`, typically `[B, 1, D]`
  public static Tensor gatedResidual(Tensor x, Tensor f, Tensor gate) {
    return Elementwise.elementwise("gated_residual", RULE, x, f, gate);
  }
}
