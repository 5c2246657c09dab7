package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LayerNormLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.GatedResidual;
import dev.raiju.tensor.op.ModulatedLayerNorm;

/// A block of the transformer. With `(shift₁, scale₁, gate₁, shift₂, scale₂, gate₂)` from the block's own modulation plus that of
/// the timestep:
///
/// ```
/// x = x + gate₁ · selfAttention(norm(x) · (1 + scale₁) + shift₁)
/// x = x + crossAttention(crossNorm(x), text)
/// x = x + gate₂ · feedForward(norm(x) · (1 + scale₂) + shift₂)
/// ```
///
/// @param modulation `[1, 6, D]`
/// @param crossNorm before cross attention, with weight and bias
/// @param eps of the norms without weights
public record WanBlock(Tensor modulation, WanAttention selfAttention, LayerNormLayer crossNorm, WanAttention crossAttention,
    WanFeedForward feedForward, float eps) implements Module<WanBlock> {
  /// A block of a model whose blocks are all alike.
  public static WanBlock create(Initializer init, WanConfig config) {
    return create(init, config, new WanConfig.BlockSizes(config.heads(), config.heads(), config.ffn()));
  }

  /// Shifts and scales begin at zero and gates at one; every branch ends in zero weights.
  static WanBlock create(Initializer init, WanConfig config, WanConfig.BlockSizes sizes) {
    WanAttention self = WanAttention.create(init, config.withHeads(sizes.selfHeads()));
    LayerNormLayer norm = LayerNormLayer.create(init, config.dim(), config.eps());
    WanAttention cross = WanAttention.create(init, config.withHeads(sizes.crossHeads()));
    WanFeedForward feedForward = WanFeedForward.create(init, config.withFfn(sizes.ffn()));
    return new WanBlock(gatesOne(init, config.dim()), self, norm, cross, feedForward, config.eps());
  }

  private static Tensor gatesOne(Initializer init, long dim) {
    Tensor zeros = init.constant(0, 1, 2, dim);
    Tensor ones = init.constant(1, 1, 1, dim);
    try (zeros; ones) {
      return Module.owned(() -> Tensor.concat(1, zeros, ones, zeros, ones));
    }
  }

  /// @return `[B, N, D]`
  public Tensor forward(BlockInputs in) {
    try (Scope scope = Scope.open()) {
      Tensor m = modulation.add(in.modulation());
      Tensor x = in.x();
      Tensor attended = selfAttention.self(ModulatedLayerNorm.modulatedLayerNorm(x, row(m, 0), row(m, 1), eps), in.rope());
      x = GatedResidual.gatedResidual(x, attended, row(m, 2));
      x = x.add(crossAttention.cross(crossNorm.forward(x), keys(in.text())));
      Tensor changed = feedForward.forward(ModulatedLayerNorm.modulatedLayerNorm(x, row(m, 3), row(m, 4), eps));
      return scope.keep(GatedResidual.gatedResidual(x, changed, row(m, 5)));
    }
  }

  private BlockText.Keys keys(BlockText text) {
    return switch (text) {
      case BlockText.Embedded(Tensor states) -> crossAttention.keys(states);
      case BlockText.Keys keys -> keys;
    };
  }

  /// Row `index` of the modulation, `[B, 1, D]`.
  private static Tensor row(Tensor modulation, int index) { return modulation.slice(1, index, 1); }

  /// What the block has of each.
  public WanConfig.BlockSizes sizes() {
    return new WanConfig.BlockSizes(selfAttention.heads(), crossAttention.heads(), Math.toIntExact(feedForward.up().size(0)));
  }

  @Override
  public WanBlock map(ParameterMap p) {
    return new WanBlock(p.tensor("modulation", modulation), p.module("selfAttention", selfAttention),
        p.module("crossNorm", crossNorm), p.module("crossAttention", crossAttention), p.module("feedForward", feedForward), eps);
  }
}
