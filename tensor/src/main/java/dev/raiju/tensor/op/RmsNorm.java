package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Root-mean-square normalisation over the last axis: `y = x · w / sqrt(mean(x²) + eps)`. Zhang and Sennrich 2019,
/// arXiv:1910.07467.
///
/// The recorded form also gives `1 / sqrt(mean(x²) + eps)`, `[…, 1]`.
///
/// @param eps added to the mean square, typically 1e-6
/// @param statistics whether the inverse root of each row is an output too
public record RmsNorm(float eps, boolean statistics) implements Fused, Differentiable {
  /// The mean is taken in f32 whatever the input type.
  ///
  /// @param x `[…, D]`, any float type
  /// @param w `[D]`, same type as `x`
  /// @param eps added to the mean square
  /// @return same shape and type as `x`
  /// @throws dev.raiju.tensor.ShapeException if `w` is not `[D]`
  public static Tensor rmsNorm(Tensor x, Tensor w, float eps) { return Trace.apply(new RmsNorm(eps, false), x, w); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("rms_norm");
    in.get(1).requireSameType("rms_norm", x).requireShape("rms_norm", "weight", Shape.of(x.size(-1)));
    return statistics ? List.of(x, new Spec(wide(x.dtype()), x.shape().with(-1, 1))) : List.of(x);
  }

  private static DType wide(DType type) { return type == DType.F64 ? DType.F64 : DType.F32; }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(4 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public Fused recorded() { return new RmsNorm(eps, true); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    DType type = in.getFirst().dtype();
    Tensor x = in.getFirst().to(wide(type));
    Tensor root = x.square().mean(true, -1).add(eps).sqrt();
    Tensor inverse = root.like(1).div(root);
    Tensor y = x.mul(inverse).mul(in.get(1).to(wide(type))).to(type);
    return statistics ? List.of(y, inverse) : List.of(y);
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(in.get(0), out.get(1), in.get(1)); }

  @Override
  public void vjp(Pullback pullback) {
    LayerNorm.requireFirstOrder(pullback, 1);
    if (pullback.wants(1)) {
      List<Tensor> both = NormBackward.ofRootMeanSquare(pullback.saved(0), pullback.saved(1), pullback.saved(2), pullback
          .cotangent(
              0));
      pullback.give(0, () -> both.get(0));
      pullback.give(1, () -> both.get(1));
      return;
    }
    pullback.give(0, () -> RmsNormBackward.rmsNormBackward(pullback.saved(0), pullback.saved(1), pullback.cotangent(0).mul(
        pullback.saved(2))));
  }
}
