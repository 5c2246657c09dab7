package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// One step of AdamW. Loshchilov and Hutter 2019, arXiv:1711.05101.
///
/// `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`, `p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps)`.
///
/// @param beta1 decay of the first moment
/// @param beta2 decay of the second moment
/// @param eps added to the root of the second moment
/// @param weightDecay decoupled decay
public record AdamW(double beta1, double beta2, double eps, double weightDecay) implements Update {
  /// @param p the parameter, f32
  /// @param m its first moment, same shape
  /// @param v its second moment, same shape
  /// @param g its gradient, same shape
  /// @param schedule f32 `[4]`: rate, `c₁ = 1 - β₁ᵗ`, `c₂ = sqrt(1 - β₂ᵗ)`, factor of the gradient
  public void step(Tensor p, Tensor m, Tensor v, Tensor g, Tensor schedule) { Trace.update(this, p, m, v, g, schedule); }

  @Override
  public String name() { return "adamw"; }

  @Override
  public List<Integer> written() { return List.of(0, 1, 2); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec p = in.getFirst().requireFloat("adamw");
    for (Spec spec : in.subList(1, 4))
      spec.requireSameType("adamw", p).requireShape("adamw", "moments and gradient", p.shape());
    in.get(4).requireSameType("adamw", Spec.of(DType.F32)).requireShape("adamw", "the schedule", Shape.of(4));
    return List.of();
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(14 * in.getFirst().shape().elements(), in, in.subList(0, 3)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor p = in.get(0);
    Tensor schedule = in.get(4).to(p.dtype());
    Tensor rate = schedule.select(0, 0);
    Tensor g = in.get(3).mul(schedule.select(0, 3));
    Tensor m = in.get(1).mul(beta1).add(g.mul(1 - beta1));
    Tensor v = in.get(2).mul(beta2).add(g.square().mul(1 - beta2));
    Tensor direction = m.div(schedule.select(0, 1)).div(v.sqrt().div(schedule.select(0, 2)).add(eps));
    return List.of(p.sub(p.mul(rate.mul(weightDecay))).sub(direction.mul(rate)), m, v);
  }
}
