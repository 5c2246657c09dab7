package dev.raiju.training.optim;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.MovingAverage;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// An exponential moving average of parameters, which samples better than the parameters themselves.
public final class Ema implements AutoCloseable {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();

  private final double decay;

  /// Starts at the present values.
  ///
  /// @param decay how much of the past stays
  public Ema(Map<String, Tensor> parameters, double decay) {
    this.parameters = Map.copyOf(parameters);
    this.decay = decay;
    parameters.forEach((name, p) -> {
      try (Scope scope = Scope.open()) {
        averages.put(name, p.copy().alias());
      }
    });
  }

  /// How much of the past stays in a step. Early on the average follows faster: at most `(1 + step) / (10 + step)`.
  ///
  /// @param step the number of this step, from 1
  double decay(long step) { return Math.min(decay, (1.0 + step) / (10 + step)); }

  /// Takes the present values of some parameters in.
  ///
  /// @param step the number of this step, from 1
  public void update(long step, Collection<String> names) {
    if (names.isEmpty()) return;
    new MovingAverage(decay(step)).step(names.stream().map(this::of).toList(), names.stream().map(name -> Objects.requireNonNull(
        parameters.get(name))).toList());
  }

  /// The average of a parameter.
  Tensor of(String name) { return Objects.requireNonNull(averages.get(name), "average: no parameter " + name); }

  /// The averages by parameter name.
  public Map<String, Tensor> averages() { return Collections.unmodifiableMap(averages); }

  /// Gives the parameters the averaged values.
  public void copyToParameters() {
    averages.forEach((name, average) -> Assign.assign(Objects.requireNonNull(parameters.get(name)), average));
  }

  @Override
  public void close() { averages.values().forEach(Tensor::close); }
}
