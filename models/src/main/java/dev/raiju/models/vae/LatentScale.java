package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// Between the latents of a [WanVae] and the common scale on which the transformer sees them. Tiny autoencoders work on that scale
/// by themselves.
record LatentScale(List<Double> mean, List<Double> deviation) {
  static LatentScale of(WanVaeConfig config) { return new LatentScale(config.mean(), config.deviation()); }

  /// @param latent `[B, C, T, H, W]`
  Tensor normalized(Tensor latent) {
    try (Scope scope = Scope.open()) {
      return scope.keep(latent.sub(perChannel(mean, latent)).div(perChannel(deviation, latent)));
    }
  }

  /// The inverse of [#normalized].
  Tensor raw(Tensor latent) {
    try (Scope scope = Scope.open()) {
      return scope.keep(latent.mul(perChannel(deviation, latent)).add(perChannel(mean, latent)));
    }
  }

  private static Tensor perChannel(List<Double> values, Tensor like) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) floats[i] = values.get(i).floatValue();
    return Tensor.of(floats, 1, floats.length, 1, 1, 1).to(like.device()).to(like.dtype());
  }
}
