package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The gradients of attention's queries, keys, values and bias. The probabilities are computed again from the log-sum-exp.
///
/// Inputs: those of [Attention], then log-sum-exp `[B, h, Nq]`, `delta` `[B, h, Nq]` (row sums of output times its gradient)
/// and the output's gradient `[B, Nq, h, e]`.
public record AttentionBackward(Scores scores) implements Fused {
  @Override
  public List<Spec> infer(List<Spec> in) {
    int extra = 3 + (scores.bias() ? 1 : 0) + (scores.mask() ? 1 : 0);
    Shape out = scores.infer(in);
    Shape rows = Shape.of(out.size(0), out.size(2), out.size(1));
    in.get(extra).requireType(name(), "the log-sum-exp", in.getFirst().wide()).requireShape(name(), "the log-sum-exp", rows);
    in.get(extra + 1).requireType(name(), "delta", in.getFirst().wide()).requireShape(name(), "delta", rows);
    in.get(extra + 2).requireSameType(name(), in.getFirst()).requireShape(name(), "the output's gradient", out);
    return in.subList(0, scores.bias() ? 4 : 3);
  }

  @Override
  public Cost cost(List<Spec> in) {
    long pairs = scores.pairs(in.get(0).shape(), in.get(1).shape());
    return Cost.of(2 * pairs * (3 * in.get(0).size(-1) + 2 * in.get(2).size(-1)), in, infer(in));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    int extra = in.size() - 3;
    Tensor q = in.get(0);
    Tensor s = scores.compute(in);
    Tensor p = Scores.probabilities(s, in.get(extra).unsqueeze(-1));
    Tensor dOut = in.get(extra + 2).transpose(1, 2).to(p.dtype());
    Tensor k = scores.perQueryHead(in.get(1), q.size(2)).to(p.dtype());
    Tensor v = scores.perQueryHead(in.get(2), q.size(2)).to(p.dtype());
    Tensor ds = p.mul(dOut.matmul(v.transpose()).sub(in.get(extra + 1).unsqueeze(-1)));
    List<Tensor> out = new ArrayList<>();
    out.add(ds.matmul(k).mul(scores.scale()).transpose(1, 2).to(q.dtype()));
    out.add(perKeyHead(ds.transpose().matmul(q.transpose(1, 2).to(p.dtype())).mul(scores.scale()), in.get(1)));
    out.add(perKeyHead(p.transpose().matmul(dOut), in.get(2)));
    if (scores.bias()) out.add(ds.sumTo(in.get(3).shape()).to(q.dtype()));
    return out;
  }

  /// `[B, h, N, d]` summed over the query heads that share a key head, as `[B, N, g, d]`.
  private static Tensor perKeyHead(Tensor t, Tensor like) {
    long heads = like.size(2);
    Tensor grouped = t.size(1) == heads ? t : t.reshape(t.size(0), heads, t.size(1) / heads, t.size(2), t.size(3)).sum(2);
    return grouped.transpose(1, 2).to(like.dtype());
  }
}
