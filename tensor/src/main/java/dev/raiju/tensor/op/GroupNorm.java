package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// Normalisation over groups of channels and all of space, then an affine map for each channel. Wu and He 2018,
/// arXiv:1803.08494.
///
/// @param groups how many groups the channels form
/// @param eps added to the variance
public record GroupNorm(int groups, float eps) implements Fused {
  /// @param x `[N, C, …]`, any float type
  /// @param w `[C]`
  /// @param b `[C]`
  public static Tensor groupNorm(Tensor x, int groups, Tensor w, Tensor b, float eps) {
    return Trace.apply(new GroupNorm(groups, eps), x, w, b);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("group_norm");
    if (x.rank() < 2 || groups < 1 || x.size(1) % groups != 0) {
      throw new ShapeException("group_norm: %s: the channels must divide into %d groups", x, groups);
    }
    in.get(1).requireSameType("group_norm", x).requireShape("group_norm", "weight", Shape.of(x.size(1)));
    in.get(2).requireSameType("group_norm", x).requireShape("group_norm", "bias", Shape.of(x.size(1)));
    return List.of(x);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(8 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst();
    long group = x.shape().slice(2, x.rank()).elements() * (x.size(1) / groups);
    Tensor wide = x.to(x.spec().wide());
    Tensor normed = new LayerNorm(eps, false).define(List.of(wide.reshape(x.size(0), groups, group))).getFirst().reshape(x
        .shape());
    Tensor w = ChannelNorm.perChannel(in.get(1), x.rank()).to(wide.dtype());
    Tensor b = ChannelNorm.perChannel(in.get(2), x.rank()).to(wide.dtype());
    return List.of(normed.mul(w).add(b).to(x.dtype()));
  }
}
