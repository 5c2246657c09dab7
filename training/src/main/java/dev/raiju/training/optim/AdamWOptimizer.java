package dev.raiju.training.optim;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// AdamW over named parameters: two moments for each. Loshchilov and Hutter 2019, arXiv:1711.05101.
public final class AdamWOptimizer implements Optimizer {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> first = new LinkedHashMap<>();
  private final Map<String, Tensor> second = new LinkedHashMap<>();
  private final AdamW rule;

  /// Moments start at zero.
  ///
  /// @param parameters f32, contiguous; written by every step
  public AdamWOptimizer(Map<String, Tensor> parameters, AdamW rule) {
    this.parameters = Map.copyOf(parameters);
    this.rule = rule;
    parameters.forEach((name, p) -> {
      first.put(name, owned(p));
      second.put(name, owned(p));
    });
  }

  /// Zeros like `p` that no scope closes.
  static Tensor owned(Tensor p) {
    try (Scope scope = Scope.open()) {
      return p.like(0).alias();
    }
  }

  @Override
  public void step(long step, double rate, Map<String, Tensor> gradients, double factor, Optional<Ema> average) {
    if (first.isEmpty()) return;
    List<AdamW.Parameter> all = new ArrayList<>();
    first.forEach((name, moment) -> {
      Tensor gradient = gradients.get(name);
      if (gradient == null) throw new IllegalArgumentException("adamw: no gradient for " + name);
      all.add(new AdamW.Parameter(parameter(name), moment, moment(name), gradient, average.map(ema -> ema.of(name))));
    });
    double decay = average.map(ema -> ema.decay(step)).orElse(0.0);
    float[] schedule = {(float) rate, (float) (1 - Math.pow(rule.beta1(), step)), (float) Math.sqrt(1 - Math.pow(rule.beta2(),
        step)), (float) factor, (float) decay, (float) (1 - decay)};
    int numbers = average.isPresent() ? 6 : 4;
    try (Scope scope = Scope.open()) {
      rule.step(all, Tensor.of(Arrays.copyOf(schedule, numbers), numbers).to(all.getFirst().p().device()));
    }
  }

  private Tensor parameter(String name) { return Objects.requireNonNull(parameters.get(name)); }

  private Tensor moment(String name) { return Objects.requireNonNull(second.get(name)); }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    first.forEach((name, t) -> state.put(name + ".first_moment", t));
    second.forEach((name, t) -> state.put(name + ".second_moment", t));
    return state;
  }

  @Override
  public void close() {
    first.values().forEach(Tensor::close);
    second.values().forEach(Tensor::close);
  }
}
