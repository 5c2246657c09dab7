package dev.raiju.models.text;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.models.nn.RmsNormLayer;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.Optional;

/// A layer of UMT5: `x + attention(norm(x))`, then `x + feedForward(norm(x))`.
public record Umt5Block(RmsNormLayer attentionNorm, Umt5Attention attention, RmsNormLayer feedForwardNorm,
    Umt5FeedForward feedForward)
    implements
      Module<Umt5Block> {
  static Umt5Block create(Initializer init, Umt5Config config) {
    RmsNormLayer attentionNorm = RmsNormLayer.create(init, config.dim(), config.eps());
    Umt5Attention attention = Umt5Attention.create(init, config);
    RmsNormLayer feedForwardNorm = RmsNormLayer.create(init, config.dim(), config.eps());
    return new Umt5Block(attentionNorm, attention, feedForwardNorm, Umt5FeedForward.create(init, config));
  }

  /// @param x `[B, N, D]`
  /// @param mask bool `[B, N]`, true where there is text, if not everywhere
  public Tensor forward(Tensor x, Optional<Tensor> mask) {
    try (Scope scope = Scope.open()) {
      Tensor y = x.add(attention.forward(attentionNorm.forward(x), mask));
      return scope.keep(y.add(feedForward.forward(feedForwardNorm.forward(y))));
    }
  }

  @Override
  public Umt5Block map(ParameterMap p) {
    return new Umt5Block(p.module("attentionNorm", attentionNorm), p.module("attention", attention),
        p.module("feedForwardNorm", feedForwardNorm), p.module("feedForward", feedForward));
  }
}
