package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// How attention scores are made from queries and keys: what [Attention] and [AttentionBackward] share.
///
/// With `causalBlock` n > 0, query `i` sees key `j` only if `j / n ≤ (i + queryOffset) / n`: 1 is the usual causal mask, the
/// tokens of a frame make a block-causal one. The offset counts keys from a cache that come before the first query.
///
/// @param scale the factor of the dot products
/// @param bias whether the input after the values is a bias
/// @param mask whether the last input is a mask
/// @param causalBlock the block of the causal mask, 0 for none
/// @param queryOffset the place of the first query among the keys
public record Scores(double scale, boolean bias, boolean mask, long causalBlock, long queryOffset) {
  public Scores {
    if (causalBlock < 0 || queryOffset < 0)
      throw new ShapeException("attention: causal block %d, query offset %d: must be 0 or more", causalBlock, queryOffset);
  }

  /// The usual scale, `1 / sqrt(d)`, and no mask.
  public static Scores of(long headWidth) { return scale(1 / Math.sqrt(headWidth)); }

  public static Scores scale(double scale) { return new Scores(scale, false, false, 0, 0); }

  /// Query `i` sees its own block of `block` keys and all before.
  public Scores causal(long block, long queryOffset) { return new Scores(scale, bias, mask, block, queryOffset); }

  Scores with(boolean bias, boolean mask) { return new Scores(scale, bias, mask, causalBlock, queryOffset); }

  /// Checks queries, keys, values, bias and mask, and gives the shape of the output.
  Shape infer(List<Spec> in) {
    Spec q = in.get(0).requireFloat("attention").requireRank("attention", 4);
    Spec k = in.get(1).requireSameType("attention", q).requireRank("attention", 4);
    Spec v = in.get(2).requireSameType("attention", q).requireRank("attention", 4);
    if (k.size(0) != q.size(0) || k.size(3) != q.size(3) || k.size(2) == 0 || q.size(2) % k.size(2) != 0) {
      throw new ShapeException("attention: queries %s do not fit keys %s; needs equal B and d, and h a multiple of the key heads",
          q.shape(), k.shape());
    }
    v.requireShape("attention", "values", k.shape().with(3, v.size(3)));
    Shape all = Shape.of(q.size(0), q.size(2), q.size(1), k.size(1));
    if (bias) fits(in.get(3).requireSameType("attention", q), all);
    if (mask) fits(in.get(bias ? 4 : 3).requireSameType("attention", Spec.of(DType.BOOL)), all);
    return q.shape().with(3, v.size(3));
  }

  private static void fits(Spec extra, Shape all) {
    if (!extra.shape().broadcast(all).equals(all)) throw new ShapeException("attention: %s does not broadcast to %s", extra, all);
  }

  /// How many query-key pairs are computed, with the causal mask counted.
  long pairs(Shape q, Shape k) {
    long each = 0;
    if (causalBlock == 0) each = q.size(1) * k.size(1);
    else
      for (long i = 0; i < q.size(1); i++) each += Math.min(k.size(1), ((i + queryOffset) / causalBlock + 1) * causalBlock);
    return q.size(0) * q.size(2) * each;
  }

  /// The masked scores `[B, h, Nq, Nk]`, in f32 or f64; -∞ where a key is hidden.
  Tensor compute(List<Tensor> in) {
    Tensor q = in.get(0);
    DType wide = q.dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor s = q.transpose(1, 2).to(wide).matmul(perQueryHead(in.get(1), q.size(2)).to(wide).transpose()).mul(scale);
    if (bias) s = s.add(in.get(3).to(wide));
    if (mask) s = hidden(s, in.get(bias ? 4 : 3));
    return causalBlock == 0 ? s : hidden(s, causalMask(q.size(1), in.get(1).size(1), q.device()));
  }

  private static Tensor hidden(Tensor s, Tensor seen) {
    Expr rule = Expr.select(Expr.in(1), Expr.in(0), Expr.of(Double.NEGATIVE_INFINITY));
    return Elementwise.elementwise("mask", rule, s, seen);
  }

  private Tensor causalMask(long queries, long keys, Device device) {
    boolean[] seen = new boolean[Math.toIntExact(queries * keys)];
    for (int i = 0; i < queries; i++) {
      long end = ((i + queryOffset) / causalBlock + 1) * causalBlock;
      for (int j = 0; j < Math.min(end, keys); j++) seen[(int) (i * keys) + j] = true;
    }
    return Tensor.of(seen, queries, keys).to(device);
  }

  /// `[B, N, g, d]` as `[B, h, N, d]`: each head repeated for the query heads that it serves.
  Tensor perQueryHead(Tensor t, long heads) {
    Tensor byHead = t.transpose(1, 2);
    return t.size(2) == heads ? byHead : Resize.repeat(byHead, 1, heads / t.size(2));
  }

  /// `exp(s - lse)`; zeros in a row that sees nothing.
  static Tensor probabilities(Tensor s, Tensor lse) {
    Expr row = Expr.select(Expr.in(1).equal(Expr.of(Double.NEGATIVE_INFINITY)), Expr.of(0), Expr.in(1));
    return Elementwise.elementwise("probabilities", Expr.in(0).sub(row).apply(Expr.UnaryFunction.EXP), s, lse);
  }
}
