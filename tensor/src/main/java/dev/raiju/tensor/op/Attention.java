package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;

/// Scaled dot-product attention: `softmax(scale · q kᵀ + bias) v`, one softmax for each query and head. Vaswani et al. 2017,
/// arXiv:1706.03762; never more than a block of scores in memory in fast kernels, as in Dao et al. 2022, arXiv:2205.14135.
///
/// A query that may see no key gives zeros. The recorded form also gives the log-sum-exp of the scores, `[B, h, Nq]`.
///
/// @param scores how scores are scaled, biased and masked
/// @param logSumExp whether the log-sum-exp is an output too
public record Attention(Scores scores, boolean logSumExp) implements Fused, Differentiable {
  /// @param q `[B, Nq, h, d]`, any float type
  /// @param k `[B, Nk, g, d]`, g divides h: each key head serves h / g query heads
  /// @param v `[B, Nk, g, e]`
  /// @return `[B, Nq, h, e]`
  public static Tensor attention(Tensor q, Tensor k, Tensor v) { return attention(q, k, v, Scores.of(q.size(-1))); }

  /// The same with scores of one's own: another scale, a causal mask.
  public static Tensor attention(Tensor q, Tensor k, Tensor v, Scores scores) {
    return Trace.apply(new Attention(scores.with(false, false), false), q, k, v);
  }

  /// @param bias added to the scores; the type of `q`; broadcasts to `[B, h, Nq, Nk]`
  public static Tensor biasedAttention(Tensor q, Tensor k, Tensor v, Tensor bias, Scores scores) {
    return Trace.apply(new Attention(scores.with(true, false), false), q, k, v, bias);
  }

  /// @param mask bool, true where a query may see a key; broadcasts to `[B, h, Nq, Nk]`
  public static Tensor maskedAttention(Tensor q, Tensor k, Tensor v, Tensor mask, Scores scores) {
    return Trace.apply(new Attention(scores.with(false, true), false), q, k, v, mask);
  }

  /// With a bias and a mask.
  public static Tensor biasedMaskedAttention(Tensor q, Tensor k, Tensor v, Tensor bias, Tensor mask, Scores scores) {
    return Trace.apply(new Attention(scores.with(true, true), false), q, k, v, bias, mask);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec q = in.get(0);
    Shape out = scores.infer(in);
    if (!logSumExp) return List.of(q.with(out));
    return List.of(q.with(out), new Spec(q.dtype() == DType.F64 ? DType.F64 : DType.F32, Shape.of(q.size(0), q.size(2), q.size(
        1))));
  }

  @Override
  public Cost cost(List<Spec> in) {
    long pairs = scores.pairs(in.get(0).shape(), in.get(1).shape());
    return Cost.of(2 * pairs * (in.get(0).size(-1) + in.get(2).size(-1)), in, infer(in));
  }

  @Override
  public Fused recorded() { return new Attention(scores, true); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor s = scores.compute(in);
    Tensor lse = LogSumExp.logSumExp(s, true, -1);
    Tensor p = Scores.probabilities(s, lse);
    Tensor v = scores.perQueryHead(in.get(2), in.get(0).size(2)).to(p.dtype());
    Tensor out = p.matmul(v).transpose(1, 2).to(in.get(0).dtype()).contiguous();
    return logSumExp ? List.of(out, lse.reshape(s.size(0), s.size(1), s.size(2))) : List.of(out);
  }

  /// All inputs, the output and the log-sum-exp.
  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) {
    List<Tensor> saved = new ArrayList<>(in);
    saved.addAll(out);
    return saved;
  }

  @Override
  public void vjp(Pullback pullback) {
    int inputs = pullback.inputs();
    int wanted = scores.bias() ? 4 : 3;
    List<Tensor> gradients = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      int input = i;
      pullback.give(i, () -> {
        if (gradients.isEmpty()) gradients.addAll(backward(pullback, inputs));
        return gradients.get(input);
      });
    }
  }

  private List<Tensor> backward(Pullback pullback, int inputs) {
    Tensor out = pullback.saved(inputs);
    Tensor lse = pullback.saved(inputs + 1);
    Tensor dOut = pullback.cotangent(0);
    // row sums of P · dP, and what arrives at the log-sum-exp itself when gradients are differentiated
    Tensor delta = dOut.to(lse.dtype()).mul(out.to(lse.dtype())).sum(-1).transpose(1, 2).contiguous();
    if (pullback.has(1)) delta = delta.sub(pullback.cotangent(1));
    List<Tensor> arguments = new ArrayList<>();
    for (int i = 0; i < inputs; i++) arguments.add(pullback.saved(i));
    arguments.addAll(List.of(lse, delta, dOut));
    return Trace.applyAll(new AttentionBackward(scores), arguments.toArray(Tensor[]::new));
  }
}
