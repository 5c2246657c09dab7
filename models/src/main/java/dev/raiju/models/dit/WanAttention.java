package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.models.nn.RmsNormLayer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Attention;
import java.util.List;
import java.util.stream.LongStream;

/// Attention of a Wan block. Queries and keys are normalised over all heads together, then split; head `i` owns rows `i · d` to
/// `(i + 1) · d` of query, key and value, and the same columns of the output.
///
/// @param query `[I, D]`
/// @param key `[I, D]`
/// @param value `[I, D]`
/// @param output `[D, I]`
/// @param queryNorm over I
/// @param keyNorm over I
/// @param headWidth d; I is a multiple of it
public record WanAttention(LinearLayer query, LinearLayer key, LinearLayer value, LinearLayer output, RmsNormLayer queryNorm,
    RmsNormLayer keyNorm, int headWidth) implements Module<WanAttention> {
  /// The output projection is zero, so that a new block does nothing.
  public static WanAttention create(Initializer init, WanConfig config) {
    int dim = config.dim();
    int inner = config.innerWidth();
    LinearLayer query = LinearLayer.create(init, dim, inner);
    LinearLayer key = LinearLayer.create(init, dim, inner);
    LinearLayer value = LinearLayer.create(init, dim, inner);
    LinearLayer output = LinearLayer.zero(init, inner, dim);
    RmsNormLayer queryNorm = RmsNormLayer.create(init, inner, config.eps());
    RmsNormLayer keyNorm = RmsNormLayer.create(init, inner, config.eps());
    return new WanAttention(query, key, value, output, queryNorm, keyNorm, config.headWidth());
  }

  public int heads() { return Math.toIntExact(query.weight().size(0)) / headWidth; }

  /// Self attention: queries and keys are turned by the places of their tokens.
  ///
  /// @param x `[B, N, D]`
  /// @return `[B, N, D]`
  public Tensor self(Tensor x, RotaryTables rope) {
    try (Scope scope = Scope.open()) {
      Tensor q = rope.rotate(split(queryNorm.forward(query.forward(x))));
      Tensor k = rope.rotate(split(keyNorm.forward(key.forward(x))));
      return scope.keep(output.forward(merge(attend(q, k, split(value.forward(x))))));
    }
  }

  /// Cross attention. Nothing is turned and nothing masked.
  ///
  /// @param x `[B, N, D]`
  /// @param text what [#keys] gives
  /// @return `[B, N, D]`
  public Tensor cross(Tensor x, BlockText.Keys text) {
    try (Scope scope = Scope.open()) {
      Tensor q = split(queryNorm.forward(query.forward(x)));
      return scope.keep(output.forward(merge(attend(q, text.key(), text.value()))));
    }
  }

  /// Attention in the type of the layers' products where the device asks for it; scores and their sums are in f32 either way.
  private Tensor attend(Tensor q, Tensor k, Tensor v) {
    boolean narrow = query.compute() == DType.BF16 && q.dtype() == DType.F32;
    if (!narrow || !q.device().backend().narrowsAttention(List.of(q.spec(), k.spec(), v.spec())))
      return Attention.attention(q, k, v);
    return Attention.attention(q.to(DType.BF16), k.to(DType.BF16), v.to(DType.BF16)).to(DType.F32);
  }

  /// Keys and values of cross attention: they depend on the prompt alone.
  ///
  /// @param text `[B, L, D]`, embedded
  public BlockText.Keys keys(Tensor text) {
    try (Scope scope = Scope.open()) {
      return new BlockText.Keys(scope.keep(split(keyNorm.forward(key.forward(text)))), scope.keep(split(value.forward(text))));
    }
  }

  /// The attention with some of its heads, in the order given. Its parameters are copies.
  ///
  /// Queries and keys are normalised over the heads that are left, so that their scale differs from what it was in the whole:
  /// training has to make that good.
  ///
  /// @param heads indices, none twice
  public WanAttention withHeads(List<Integer> heads) {
    long[] channels = heads.stream().flatMapToLong(h -> LongStream.range((long) h * headWidth, (h + 1L) * headWidth)).toArray();
    try (Scope scope = Scope.open()) {
      Tensor kept = Tensor.of(channels, channels.length).to(query.weight().device());
      return new WanAttention(query.rows(kept), key.rows(kept), value.rows(kept), output.columns(kept), queryNorm.channels(kept),
          keyNorm.channels(kept), headWidth);
    }
  }

  /// `[B, N, I]` as `[B, N, h, d]`.
  public Tensor split(Tensor x) { return x.reshape(x.size(0), x.size(1), x.size(2) / headWidth, headWidth); }

  private static Tensor merge(Tensor x) { return x.flatten(2, 4); }

  @Override
  public WanAttention map(ParameterMap p) {
    return new WanAttention(p.module("query", query), p.module("key", key), p.module("value", value),
        p.module("output", output), p.module("queryNorm", queryNorm), p.module("keyNorm", keyNorm), headWidth);
  }
}
