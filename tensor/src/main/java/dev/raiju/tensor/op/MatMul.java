package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The matrix product over the last two axes: `[…, M, K] x […, K, N] = […, M, N]`; the axes in front are broadcast.
///
/// Each element is one chain of fused multiply-adds over K in ascending order, so the bits do not depend on how it is computed. In
/// bf16, which processors multiply in pairs, they may.
public record MatMul() implements Primitive, Differentiable {
  public static Tensor matmul(Tensor a, Tensor b) { return Trace.apply(new MatMul(), a, b); }

  @Override
  public String name() { return "matmul"; }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec a = in.get(0).requireFloat("matmul");
    Spec b = in.get(1).requireSameType("matmul", a);
    if (a.rank() < 2 || b.rank() < 2) throw new ShapeException("matmul: needs two axes or more, got %s and %s", a, b);
    if (a.size(-1) != b.size(-2)) {
      throw new ShapeException("matmul: inner sizes differ: %s x %s; needs a[-1] = b[-2], got %d and %d", a.shape(), b.shape(), a
          .size(-1),
          b.size(-2));
    }
    return List.of(a.with(batch(a).broadcast(batch(b)).append(a.size(-2), b.size(-1))));
  }

  private static Shape batch(Spec spec) { return spec.shape().slice(0, spec.rank() - 2); }

  @Override
  public Cost cost(List<Spec> in) {
    List<Spec> out = infer(in);
    return Cost.of(2 * out.getFirst().shape().elements() * in.getFirst().size(-1), in, out);
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in; }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> pullback.cotangent(0).matmul(pullback.saved(1).transpose()).sumTo(pullback.in(0).shape()));
    pullback.give(1, () -> pullback.saved(0).transpose().matmul(pullback.cotangent(0)).sumTo(pullback.in(1).shape()));
  }
}
