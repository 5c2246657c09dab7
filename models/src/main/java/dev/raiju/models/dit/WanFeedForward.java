package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.LowRank;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Gather;
import java.util.List;
import java.util.Optional;

/// The feed-forward network of a Wan block; see [FeedForward]. Neuron `i` owns row `i` of `up`, its bias, and column `i` of `down`.
///
/// @param up `[F, D]`
/// @param upBias `[F]`
/// @param down `[D, F]`
/// @param downBias `[D]`
/// @param compute the type that products round their factors to
/// @param upAdapter a change of low rank, if one rides on `up`
/// @param downAdapter a change of low rank, if one rides on `down`
public record WanFeedForward(Tensor up, Tensor upBias, Tensor down, Tensor downBias, DType compute, Optional<LowRank> upAdapter,
    Optional<LowRank> downAdapter) implements Module<WanFeedForward> {
  private static WanFeedForward plain(Tensor up, Tensor upBias, Tensor down, Tensor downBias, DType compute) {
    return new WanFeedForward(up, upBias, down, downBias, compute, Optional.empty(), Optional.empty());
  }

  /// The second product is zero, so that a new block does nothing.
  static WanFeedForward create(Initializer init, WanConfig config) {
    int dim = config.dim();
    int ffn = config.ffn();
    Tensor up = init.uniform(Math.sqrt(3.0 / dim), ffn, dim);
    Tensor upBias = init.constant(0, ffn);
    return plain(up, upBias, init.constant(0, dim, ffn), init.constant(0, dim), DType.F32);
  }

  /// @param x `[B, N, D]`
  public Tensor forward(Tensor x) {
    if (upAdapter.isEmpty() && downAdapter.isEmpty())
      return Trace.apply(new FeedForward(false, compute), x, up, upBias, down, downBias);
    try (Scope scope = Scope.open()) {
      Tensor hidden = Elementwise.geluTanh(new LinearLayer(up, Optional.of(upBias), compute, upAdapter).forward(x));
      return scope.keep(new LinearLayer(down, Optional.of(downBias), compute, downAdapter).forward(hidden));
    }
  }

  /// The network with some of its neurons, in the order given. Its parameters are copies.
  ///
  /// @param neurons indices, none twice
  public WanFeedForward withNeurons(List<Integer> neurons) {
    if (upAdapter.isPresent() || downAdapter.isPresent())
      throw new IllegalStateException("feed_forward: a change of low rank rides on a weight; merge it first");
    try (Scope scope = Scope.open()) {
      long[] indices = neurons.stream().mapToLong(i -> i).toArray();
      Tensor kept = Tensor.of(indices, indices.length).to(up.device());
      return plain(Module.owned(() -> Gather.gather(up, 0, kept)), Module.owned(() -> Gather.gather(upBias, 0,
          kept)),
          Module.owned(() -> Gather.gather(down, 1, kept)), Module.owned(downBias::copy), compute);
    }
  }

  @Override
  public WanFeedForward map(ParameterMap p) {
    return new WanFeedForward(p.matrix("up.weight", up), p.tensor("up.bias", upBias), p.matrix("down.weight", down),
        p.tensor("down.bias", downBias), p.compute(compute, up), p.adapter("up.weight", upAdapter), p.adapter("down.weight",
            downAdapter));
  }
}
