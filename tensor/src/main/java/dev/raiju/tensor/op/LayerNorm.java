package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;

/// Layer normalisation over the last axis: `y = (x - mean) / sqrt(variance + eps) · w + b`, the variance divided by the count.
/// Ba, Kiros and Hinton 2016, arXiv:1607.06450.
///
/// Weight and bias come together or not at all. The recorded form also gives mean and `1 / sqrt(variance + eps)`, `[…, 1]`.
///
/// @param eps added to the variance, typically 1e-6
/// @param statistics whether the row statistics are outputs too
public record LayerNorm(float eps, boolean statistics) implements Fused, Differentiable {
  /// Without weight and bias.
  public static Tensor layerNorm(Tensor x, float eps) { return Trace.apply(new LayerNorm(eps, false), x); }

  /// @param x `[…, D]`, any float type
  /// @param w `[D]`, same type
  /// @param b `[D]`, same type
  public static Tensor layerNorm(Tensor x, Tensor w, Tensor b, float eps) {
    return Trace.apply(new LayerNorm(eps, false), x, w, b);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("layer_norm");
    Shape width = Shape.of(x.size(-1));
    for (int i = 1; i < in.size(); i++) {
      in.get(i).requireSameType("layer_norm", x).requireShape("layer_norm", i == 1 ? "weight" : "bias", width);
    }
    if (!statistics) return List.of(x);
    Spec row = new Spec(x.dtype() == DType.F64 ? DType.F64 : DType.F32, x.shape().with(-1, 1));
    return List.of(x, row, row);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(8 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public Fused recorded() { return new LayerNorm(eps, true); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    DType wide = in.getFirst().dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor x = in.getFirst().to(wide);
    Tensor mean = x.mean(true, -1);
    Tensor centred = x.sub(mean);
    Tensor scale = centred.square().mean(true, -1).add(eps).sqrt();
    Tensor inverse = scale.like(1).div(scale);
    Tensor y = centred.mul(inverse);
    if (in.size() > 1) y = y.mul(in.get(1).to(wide)).add(in.get(2).to(wide));
    List<Tensor> out = new ArrayList<>(List.of(y.to(in.getFirst().dtype())));
    if (statistics) out.addAll(List.of(mean, inverse));
    return out;
  }

  /// The input, weight if there is one, and the row statistics.
  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) {
    return in.size() > 1 ? List.of(in.get(0), out.get(1), out.get(2), in.get(1)) : List.of(in.get(0), out.get(1), out.get(2));
  }

  @Override
  public void vjp(Pullback pullback) {
    requireFirstOrder(pullback, 1, 2);
    boolean affine = pullback.inputs() > 1;
    if (affine && (pullback.wants(1) || pullback.wants(2))) {
      List<Tensor> all = NormBackward.ofLayer(pullback.saved(0), pullback.saved(1), pullback.saved(2), pullback.saved(3), pullback
          .cotangent(0));
      for (int i = 0; i < 3; i++) {
        int input = i;
        pullback.give(i, () -> all.get(input));
      }
      return;
    }
    pullback.give(0, () -> {
      Tensor g = affine ? pullback.cotangent(0).mul(pullback.saved(3)) : pullback.cotangent(0);
      return LayerNormBackward.layerNormBackward(pullback.saved(0), pullback.saved(1), pullback.saved(2), g);
    });
  }

  /// Refuses a gradient that arrives at outputs which only the gradient rule uses.
  static void requireFirstOrder(Pullback pullback, int... hidden) {
    for (int output : hidden) {
      if (pullback.has(output)) {
        throw new UnsupportedOperationException(
            "gradient: second order through the row statistics of a fused norm; write that norm in plain ops");
      }
    }
  }
}
