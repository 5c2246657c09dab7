package dev.raiju.models.nn;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.RmsNorm;

/// Root-mean-square normalisation over the last axis with a gain; see [RmsNorm].
///
/// @param weight `[D]`
/// @param eps added to the mean square
public record RmsNormLayer(Tensor weight, float eps) implements Module<RmsNormLayer> {
  /// Gain one.
  public static RmsNormLayer create(Initializer init, long width, float eps) {
    return new RmsNormLayer(init.constant(1, width), eps);
  }

  /// @param x `[…, D]`
  public Tensor forward(Tensor x) { return RmsNorm.rmsNorm(x, weight, eps); }

  /// The norm over some of its channels, in the order given. The mean square is then theirs alone. The gain is a copy.
  ///
  /// @param channels i64 `[kept]`
  public RmsNormLayer channels(Tensor channels) {
    return new RmsNormLayer(Module.owned(() -> Gather.gather(weight, 0, channels)), eps);
  }

  @Override
  public RmsNormLayer map(ParameterMap p) { return new RmsNormLayer(p.tensor("weight", weight), eps); }
}
