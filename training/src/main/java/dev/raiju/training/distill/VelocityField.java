package dev.raiju.training.distill;

import dev.raiju.tensor.Tensor;
import dev.raiju.training.flow.FlowMatching;

/// A network that gives velocities, such as `WanTransformer::forward`.
@FunctionalInterface
public interface VelocityField {
  /// @param x `[B, …]`
  /// @param timestep `[B]`, `1000 · sigma`
  /// @param context `[B, L, D]`, the text
  /// @return shape of `x`
  Tensor at(Tensor x, Tensor timestep, Tensor context);

  /// What the network takes for the data behind `x`: `x - sigma · velocity`.
  default Tensor clean(Tensor x, Tensor sigma, Tensor context) {
    return FlowMatching.clean(x, at(x, sigma.mul(1000), context), sigma);
  }
}
