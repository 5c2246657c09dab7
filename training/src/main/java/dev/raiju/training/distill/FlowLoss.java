package dev.raiju.training.distill;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.flow.FlowMatching;

/// How far a network's velocity is from the straight path's: `mean (v(x_s, s) - (noise - x0))²`. What a teacher is trained by, and a
/// pruned student once it needs its teacher no longer.
public final class FlowLoss {
  private FlowLoss() {}

  /// @param x0 `[B, …]`, data
  /// @param noise shape of `x0`
  /// @param sigma `[B]`, the noise levels
  /// @param context the prompts
  /// @return a scalar
  public static Tensor of(VelocityField field, Tensor x0, Tensor noise, Tensor sigma, Tensor context) {
    Tensor velocity = field.at(FlowMatching.noised(x0, noise, sigma), sigma.mul(1000), context);
    return Losses.mse(velocity, FlowMatching.velocity(x0, noise));
  }
}
