package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Elementwise;
import java.util.Arrays;

/// The norm over the channels of each position; see [ChannelNorm].
///
/// @param gamma `[C, 1, …]`, as many ones as checkpoints store
public record ChannelNormLayer(Tensor gamma) implements Module<ChannelNormLayer> {
  /// Gain one.
  ///
  /// @param axes how many positional axes it is for
  static ChannelNormLayer create(Initializer init, long channels, int axes) {
    long[] sizes = new long[1 + axes];
    Arrays.fill(sizes, 1);
    sizes[0] = channels;
    return new ChannelNormLayer(init.constant(1, sizes));
  }

  /// @param x `[N, C, …]`
  Tensor forward(Tensor x) {
    try (Scope scope = Scope.open()) {
      return scope.keep(ChannelNorm.channelNorm(x, gamma.reshape(gamma.size(0))));
    }
  }

  /// The norm, and then SiLU.
  Tensor activated(Tensor x) {
    try (Scope scope = Scope.open()) {
      return scope.keep(Elementwise.silu(forward(x)));
    }
  }

  @Override
  public ChannelNormLayer map(ParameterMap p) { return new ChannelNormLayer(p.tensor("gamma", gamma)); }
}
