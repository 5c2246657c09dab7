package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.ModulatedLayerNorm;

/// The end of the transformer: norm, modulation by the time embedding, and the values of each token's patch.
///
/// @param modulation `[1, 2, D]`: shift and scale
/// @param output `[patch positions · channels, D]`
/// @param eps of the norm
public record WanHead(Tensor modulation, LinearLayer output, float eps) implements Module<WanHead> {
  /// Zero, so that a new model's first guess is no motion at all.
  static WanHead create(Initializer init, WanConfig config) {
    long values = (long) config.patch().positions() * config.outChannels();
    return new WanHead(init.constant(0, 1, 2, config.dim()), LinearLayer.zero(init, config.dim(), values), config.eps());
  }

  /// @param x `[B, N, D]`
  /// @param time `[B, D]`, the time embedding
  /// @return `[B, N, patch positions · channels]`, channels fastest
  public Tensor forward(Tensor x, Tensor time) {
    try (Scope scope = Scope.open()) {
      Tensor m = modulation.add(time.unsqueeze(1));
      return scope.keep(output.forward(ModulatedLayerNorm.modulatedLayerNorm(x, m.slice(1, 0, 1), m.slice(1, 1, 1), eps)));
    }
  }

  @Override
  public WanHead map(ParameterMap p) { return new WanHead(p.tensor("modulation", modulation), p.module("output", output), eps); }
}
