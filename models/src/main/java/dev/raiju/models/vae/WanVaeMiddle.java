package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// What a [WanVae] does at its coarsest level, the only place where far positions meet.
public record WanVaeMiddle(ResidualUnit first, FrameAttention attention, ResidualUnit second) implements Module<WanVaeMiddle> {
  static WanVaeMiddle create(Initializer init, int width) {
    ResidualUnit first = ResidualUnit.create(init, width, width);
    FrameAttention attention = FrameAttention.create(init, width);
    return new WanVaeMiddle(first, attention, ResidualUnit.create(init, width, width));
  }

  /// @param x `[B, C, T, H, W]`
  Tensor forward(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor local = first.forward(x, past);
      Tensor far = attention.forward(local);
      local.close();
      return scope.keep(second.forward(far, past));
    }
  }

  @Override
  public WanVaeMiddle map(ParameterMap p) {
    return new WanVaeMiddle(p.module("first", first), p.module("attention", attention), p.module("second", second));
  }
}
