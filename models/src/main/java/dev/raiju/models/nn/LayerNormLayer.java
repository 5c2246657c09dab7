package dev.raiju.models.nn;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.LayerNorm;

/// Layer normalisation over the last axis with weight and bias; see [LayerNorm].
///
/// @param weight `[D]`
/// @param bias `[D]`
/// @param eps added to the variance
public record LayerNormLayer(Tensor weight, Tensor bias, float eps) implements Module<LayerNormLayer> {
  /// Weight one, bias zero.
  public static LayerNormLayer create(Initializer init, long width, float eps) {
    return new LayerNormLayer(init.constant(1, width), init.constant(0, width), eps);
  }

  /// @param x `[…, D]`
  public Tensor forward(Tensor x) { return LayerNorm.layerNorm(x, weight, bias, eps); }

  @Override
  public LayerNormLayer map(ParameterMap p) {
    return new LayerNormLayer(p.tensor("weight", weight), p.tensor("bias", bias), eps);
  }
}
