package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.Arrays;
import java.util.List;

/// Every position's channels brought to length `sqrt(C)`, then scaled: `y = x / max(‖x‖, 1e-12) · sqrt(C) · w`. The norm of the
/// Wan autoencoder.
public record ChannelNorm() implements Fused {
  /// @param x `[N, C, …]`, any float type
  /// @param w `[C]`
  public static Tensor channelNorm(Tensor x, Tensor w) { return Trace.apply(new ChannelNorm(), x, w); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("channel_norm");
    in.get(1).requireSameType("channel_norm", x).requireShape("channel_norm", "weight", Shape.of(x.size(1)));
    return List.of(x);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(4 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst().to(in.getFirst().spec().wide());
    // the larger of length and 1e-12, written so that its gradient at 0 is a number
    Expr length = Expr.in(0).max(Expr.of(1e-24)).apply(Expr.UnaryFunction.SQRT);
    Tensor scale = Elementwise.elementwise("channel_scale", Expr.of(Math.sqrt(x.size(1))).div(length), x.square().sum(true, 1));
    return List.of(x.mul(scale).mul(perChannel(in.get(1), x.rank()).to(x.dtype())).to(in.getFirst().dtype()));
  }

  /// `[C]` as `[C, 1, …]`, to meet `[N, C, …]`.
  static Tensor perChannel(Tensor w, int rank) {
    long[] sizes = new long[rank - 1];
    Arrays.fill(sizes, 1);
    sizes[0] = w.size(0);
    return w.reshape(sizes);
  }
}
