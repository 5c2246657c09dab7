package dev.raiju.models.text;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.FeedForward;

/// The gated feed-forward network of UMT5, `down(up(x) · gelu(gate(x)))`; see [FeedForward].
///
/// @param gate `[F, D]`
/// @param up `[F, D]`
/// @param down `[D, F]`
/// @param compute the type that products round their factors to
public record Umt5FeedForward(Tensor gate, Tensor up, Tensor down, DType compute) implements Module<Umt5FeedForward> {
  static Umt5FeedForward create(Initializer init, Umt5Config config) {
    int dim = config.dim();
    int ffn = config.ffn();
    double in = 1 / Math.sqrt(dim);
    return new Umt5FeedForward(init.normal(in, ffn, dim), init.normal(in, ffn, dim), init.normal(1 / Math.sqrt(ffn), dim, ffn),
        DType.F32);
  }

  /// @param x `[B, N, D]`
  public Tensor forward(Tensor x) { return Trace.apply(new FeedForward(true, compute), x, gate, up, down); }

  @Override
  public Umt5FeedForward map(ParameterMap p) {
    return new Umt5FeedForward(p.matrix("gate.weight", gate), p.matrix("up.weight", up), p.matrix("down.weight", down), p.compute(
        compute, up));
  }
}
