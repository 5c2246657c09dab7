package dev.raiju.models.sampler;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// A network as a sampler sees it: prompt and everything else is already in it.
@FunctionalInterface
public interface VelocityModel {
  /// The velocity `noise - data` at a noisy sample.
  ///
  /// @param x the sample, `(1 - σ) · data + σ · noise`
  /// @param timestep `1000 · σ`, as the schedule tells it to the network
  Tensor velocity(Tensor x, double timestep);

  /// Guidance without a classifier: `v = v_un + scale · (v_cond - v_un)`, with 1 the conditional model alone. Ho and Salimans 2022,
  /// arXiv:2207.12598.
  ///
  /// @param conditional knows the prompt
  /// @param unconditional knows the negative prompt, or none
  static VelocityModel guided(VelocityModel conditional, VelocityModel unconditional, double scale) {
    if (scale == 1) return conditional;
    return (x, timestep) -> {
      try (Scope scope = Scope.open()) {
        Tensor with = conditional.velocity(x, timestep);
        Tensor without = unconditional.velocity(x, timestep);
        return scope.keep(Blend.of(scale, with, 1 - scale, without));
      }
    };
  }
}
