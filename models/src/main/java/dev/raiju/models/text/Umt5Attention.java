package dev.raiju.models.text;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Windows;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Attention of UMT5: scores are not scaled, and a learned number for each head and distance is added to them.
///
/// @param positions `[buckets, h]`, this layer's own
/// @param config the sizes
public record Umt5Attention(LinearLayer query, LinearLayer key, LinearLayer value, LinearLayer output, Tensor positions,
    Umt5Config config) implements Module<Umt5Attention> {
  static Umt5Attention create(Initializer init, Umt5Config config) {
    int dim = config.dim();
    int inner = config.innerWidth();
    // queries start small in place of the scale that scores do not have
    LinearLayer query = LinearLayer.withoutBias(init, 1 / Math.sqrt((double) dim * config.headWidth()), dim, inner);
    LinearLayer key = LinearLayer.withoutBias(init, dim, inner);
    LinearLayer value = LinearLayer.withoutBias(init, dim, inner);
    LinearLayer output = LinearLayer.withoutBias(init, inner, dim);
    return new Umt5Attention(query, key, value, output, init.constant(0, config.buckets(), config.heads()), config);
  }

  /// @param x `[B, N, D]`
  /// @param mask bool `[B, N]`, true where there is text, if not everywhere
  public Tensor forward(Tensor x, Optional<Tensor> mask) {
    try (Scope scope = Scope.open()) {
      Tensor q = split(query.forward(x));
      Tensor k = split(key.forward(x));
      Tensor v = split(value.forward(x));
      Tensor bias = bias(Math.toIntExact(x.size(1)));
      Scores scores = Scores.scale(1);
      Tensor out = mask.isEmpty()
          ? Attention.biasedAttention(q, k, v, bias, scores)
          : Attention.biasedMaskedAttention(q, k, v, bias, mask.get().reshape(x.size(0), 1, 1, x.size(1)), scores);
      return scope.keep(output.forward(out.flatten(2, 4)));
    }
  }

  /// What is added to the scores: a view of one number for each head and distance.
  ///
  /// @return `[1, h, N, N]`
  public Tensor bias(int length) {
    try (Scope scope = Scope.open()) {
      int[] buckets = new int[2 * length - 1];
      for (int i = 0; i < buckets.length; i++) buckets[i] = config.bucket(i - (length - 1));
      Tensor ids = Tensor.of(Spec.of(DType.I32, buckets.length), MemorySegment.ofArray(buckets), positions.device());
      Tensor byDistance = Gather.gather(positions, 0, ids).transpose();
      // query i reads `length` neighbours from distance -i on
      return scope.keep(Windows.windows(byDistance, 1, length, 1).flip(1).unsqueeze(0));
    }
  }

  private Tensor split(Tensor x) { return x.reshape(x.size(0), x.size(1), config.heads(), config.headWidth()); }

  @Override
  public Umt5Attention map(ParameterMap p) {
    return new Umt5Attention(p.module("query", query), p.module("key", key), p.module("value", value),
        p.module("output", output), p.tensor("positions", positions), config);
  }
}
