package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// One step of AdamW for any number of parameters, and of the moving averages that follow them. Loshchilov and Hutter 2019,
/// arXiv:1711.05101.
///
/// `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`, `p ← p (1 - rate · decay) - rate / c₁ · m / (sqrt(v) / c₂ + eps)`, and then
/// `average ← kept · average + rest · p`.
///
/// The parameters do not depend on each other, so all of a model are best one step: a device is told once instead of once for each.
///
/// @param beta1 decay of the first moment
/// @param beta2 decay of the second moment
/// @param eps added to the root of the second moment
/// @param weightDecay decoupled decay
/// @param parameters how many there are
/// @param averaged whether each has an average
public record AdamW(double beta1, double beta2, double eps, double weightDecay, int parameters, boolean averaged)
    implements
      Update {
  /// The rule, for one parameter without an average.
  public AdamW(double beta1, double beta2, double eps, double weightDecay) { this(beta1, beta2, eps, weightDecay, 1, false); }

  /// What learns.
  ///
  /// @param p the parameter, f32
  /// @param m its first moment, same kind
  /// @param v its second moment, same kind
  /// @param g its gradient, same kind
  /// @param average its moving average, same kind: for all parameters of a step or for none
  public record Parameter(Tensor p, Tensor m, Tensor v, Tensor g, Optional<Tensor> average) {}

  /// @param p the parameter, f32
  /// @param m its first moment, same shape
  /// @param v its second moment, same shape
  /// @param g its gradient, same shape
  /// @param schedule f32 `[4]`: rate, `c₁ = 1 - β₁ᵗ`, `c₂ = sqrt(1 - β₂ᵗ)`, factor of the gradient
  public void step(Tensor p, Tensor m, Tensor v, Tensor g, Tensor schedule) {
    step(List.of(new Parameter(p, m, v, g, Optional.empty())), schedule);
  }

  /// The same for several parameters of one type.
  ///
  /// @param schedule with averages, f32 `[6]`: `kept` and `rest` follow
  public void step(List<Parameter> parameters, Tensor schedule) {
    List<Tensor> in = new ArrayList<>();
    boolean averages = parameters.stream().anyMatch(parameter -> parameter.average.isPresent());
    for (Parameter parameter : parameters) {
      in.addAll(List.of(parameter.p, parameter.m, parameter.v, parameter.g));
      if (averages)
        in.add(parameter.average.orElseThrow(() -> new IllegalArgumentException(
            "adamw: some parameters have averages, others none")));
    }
    in.add(schedule);
    Trace.update(new AdamW(beta1, beta2, eps, weightDecay, parameters.size(), averages), in.toArray(Tensor[]::new));
  }

  /// How many inputs each parameter has: the fourth is the gradient.
  public int width() { return averaged ? 5 : 4; }

  @Override
  public String name() { return "adamw"; }

  @Override
  public List<Integer> written() {
    return IntStream.range(0, parameters * width()).filter(i -> i % width() != 3).boxed().toList();
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    if (in.size() != parameters * width() + 1)
      throw new ShapeException("adamw: %d inputs for %d parameters; needs %d", in.size(), parameters, parameters * width() + 1);
    Spec first = in.getFirst().requireFloat("adamw");
    for (int i = 0; i < parameters * width(); i += width()) {
      Spec p = in.get(i).requireSameType("adamw", first);
      for (Spec spec : in.subList(i + 1, i + width()))
        spec.requireSameType("adamw", p).requireShape("adamw", "moments and gradient", p.shape());
    }
    in.getLast().requireSameType("adamw", Spec.of(DType.F32)).requireShape("adamw", "the schedule", Shape.of(averaged ? 6 : 4));
    return List.of();
  }

  @Override
  public Cost cost(List<Spec> in) {
    long elements = 0;
    for (int i = 0; i < parameters * width(); i += width()) elements += in.get(i).shape().elements();
    return Cost.of((averaged ? 17 : 14) * elements, in, written().stream().map(in::get).toList());
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    List<Tensor> out = new ArrayList<>();
    for (int i = 0; i < parameters * width(); i += width()) {
      Tensor schedule = in.getLast().to(in.get(i).dtype());
      List<Tensor> moved = moved(in.subList(i, i + 4), schedule);
      out.addAll(moved);
      if (averaged)
        out.add(in.get(i + 4).mul(schedule.select(0, 4)).add(moved.getFirst().mul(schedule.select(0, 5))));
    }
    return out;
  }

  private List<Tensor> moved(List<Tensor> in, Tensor schedule) {
    Tensor p = in.get(0);
    Tensor rate = schedule.select(0, 0);
    Tensor g = in.get(3).mul(schedule.select(0, 3));
    Tensor m = in.get(1).mul(beta1).add(g.mul(1 - beta1));
    Tensor v = in.get(2).mul(beta2).add(g.square().mul(1 - beta2));
    Tensor direction = m.div(schedule.select(0, 1)).div(v.sqrt().div(schedule.select(0, 2)).add(eps));
    return List.of(p.sub(p.mul(rate.mul(weightDecay))).sub(direction.mul(rate)), m, v);
  }
}
