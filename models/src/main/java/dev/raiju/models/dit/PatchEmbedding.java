package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Linear;

/// Cuts a latent into patches and gives each as a token: a convolution whose stride is its kernel, computed as a product.
///
/// @param weight `[D, C, patch frames, patch height, patch width]`
/// @param bias `[D]`
public record PatchEmbedding(Tensor weight, Tensor bias) implements Module<PatchEmbedding> {
  static PatchEmbedding create(Initializer init, WanConfig config) {
    WanConfig.Patch patch = config.patch();
    long in = (long) config.inChannels() * patch.positions();
    Tensor weight = init.uniform(Math.sqrt(3.0 / in), config.dim(), config.inChannels(), patch.frames(), patch.height(), patch
        .width());
    return new PatchEmbedding(weight, init.constant(0, config.dim()));
  }

  /// @param latent `[B, C, T, H, W]`, a multiple of the patch
  /// @return `[B, N, D]`
  public Tensor forward(Tensor latent) {
    try (Scope scope = Scope.open()) {
      long[] s = latent.shape().sizes();
      long[] p = weight.shape().slice(2, 5).sizes();
      Tensor cells = latent.reshape(s[0], s[1], s[2] / p[0], p[0], s[3] / p[1], p[1], s[4] / p[2], p[2]);
      Tensor patches = cells.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(s[0], -1, weight.flatten(1, 5).size(1));
      return scope.keep(Linear.linear(patches, weight.flatten(1, 5), bias));
    }
  }

  @Override
  public PatchEmbedding map(ParameterMap p) { return new PatchEmbedding(p.tensor("weight", weight), p.tensor("bias", bias)); }
}
