package dev.raiju.training.flow;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.util.Arrays;

/// The straight path from data to noise, `x_s = (1 - s) · x0 + s · noise`, and its velocity `noise - x0`. Lipman et al. 2022,
/// arXiv:2210.02747; Liu et al. 2022, arXiv:2209.03003.
public final class FlowMatching {
  private static final Expr NOISED = Expr.of(1).sub(Expr.in(2)).mul(Expr.in(0)).add(Expr.in(2).mul(Expr.in(1)));
  private static final Expr CLEAN = Expr.in(0).sub(Expr.in(2).mul(Expr.in(1)));

  private FlowMatching() {}

  /// The point of the path at noise level `sigma`.
  ///
  /// @param x0 `[B, …]`
  /// @param noise shape of `x0`
  /// @param sigma `[B]`
  public static Tensor noised(Tensor x0, Tensor noise, Tensor sigma) {
    return Elementwise.elementwise("noised", NOISED, x0, noise, perSample(sigma, x0.rank()));
  }

  /// What a model shall predict: `noise - x0`.
  public static Tensor velocity(Tensor x0, Tensor noise) { return noise.sub(x0); }

  /// The data that a velocity points away from: `x - sigma · v`.
  public static Tensor clean(Tensor x, Tensor velocity, Tensor sigma) {
    return Elementwise.elementwise("clean", CLEAN, x, velocity, perSample(sigma, x.rank()));
  }

  /// `[B]` as `[B, 1, …]`, to meet a tensor of this rank.
  static Tensor perSample(Tensor sigma, int rank) {
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    sizes[0] = sigma.size(0);
    return sigma.reshape(sizes);
  }
}
