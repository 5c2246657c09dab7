package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Layer normalisation without weights, then modulation: `y = norm(x) · (1 + scale) + shift`, as before each branch of a DiT
/// block. Peebles and Xie 2023, arXiv:2212.09748.
///
/// @param eps added to the variance
/// @param statistics whether mean and inverse deviation of each row are outputs too
public record ModulatedLayerNorm(float eps, boolean statistics) implements Fused, Differentiable {
  /// @param x `[B, N, D]`, any float type
  /// @param shift broadcasts to `x`, typically `[B, 1, D]`
  /// @param scale shape of `shift`
  public static Tensor modulatedLayerNorm(Tensor x, Tensor shift, Tensor scale, float eps) {
    return Trace.apply(new ModulatedLayerNorm(eps, false), x, shift, scale);
  }

  /// `x · (1 + scale) + shift`.
  public static Tensor modulate(Tensor x, Tensor shift, Tensor scale) {
    Expr rule = Expr.in(0).mul(Expr.in(2).add(1)).add(Expr.in(1));
    return Elementwise.elementwise("modulate", rule, x, shift, scale);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0);
    for (Spec row : in.subList(1, 3)) {
      row.requireSameType(name(), x);
      x.requireShape(name(), "the input, stretched by shift and scale,", x.shape().broadcast(row.shape()));
    }
    in.get(2).requireShape(name(), "scale", in.get(1).shape());
    return new LayerNorm(eps, statistics).infer(in.subList(0, 1));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(10 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public Fused recorded() { return new ModulatedLayerNorm(eps, true); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    DType wide = in.getFirst().spec().wide();
    List<Tensor> normed = new LayerNorm(eps, statistics).define(List.of(in.getFirst().to(wide)));
    Tensor y = modulate(normed.getFirst(), in.get(1).to(wide), in.get(2).to(wide)).to(in.getFirst().dtype());
    return statistics ? List.of(y, normed.get(1), normed.get(2)) : List.of(y);
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(0), out.get(1), out.get(2), in.get(2)); }

  @Override
  public void vjp(Pullback pullback) {
    LayerNorm.requireFirstOrder(pullback, 1, 2);
    if (pullback.wants(1) || pullback.wants(2)) {
      List<Tensor> all = NormBackward.ofLayer(pullback.saved(0), pullback.saved(1), pullback.saved(2), pullback.saved(3).add(1),
          pullback.cotangent(0));
      pullback.give(0, () -> all.get(0));
      pullback.give(1, () -> all.get(2));
      pullback.give(2, () -> all.get(1));
      return;
    }
    pullback.give(0, () -> {
      Tensor g = Elementwise.elementwise("unmodulate", Expr.in(0).mul(Expr.in(1).add(1)), pullback.cotangent(0), pullback.saved(
          3));
      return LayerNormBackward.layerNormBackward(pullback.saved(0), pullback.saved(1), pullback.saved(2), g);
    });
  }
}
