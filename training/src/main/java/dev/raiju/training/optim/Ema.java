package dev.raiju.training.optim;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.MovingAverage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// An exponential moving average of parameters, which samples better than the parameters themselves.
public final class Ema implements AutoCloseable {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();

  /// Starts at the present values.
  public Ema(Map<String, Tensor> parameters) {
    this.parameters = Map.copyOf(parameters);
    parameters.forEach((name, p) -> {
      try (Scope scope = Scope.open()) {
        averages.put(name, p.copy().alias());
      }
    });
  }

  /// Takes the present values in. Early on the average follows faster: the decay is at most `(1 + step) / (10 + step)`.
  ///
  /// @param step the number of this step, from 1
  public void update(long step, double decay) {
    MovingAverage rule = new MovingAverage(Math.min(decay, (1.0 + step) / (10 + step)));
    averages.forEach((name, average) -> rule.step(average, Objects.requireNonNull(parameters.get(name))));
  }

  /// The averages by parameter name.
  public Map<String, Tensor> averages() { return Collections.unmodifiableMap(averages); }

  /// Gives the parameters the averaged values.
  public void copyToParameters() {
    averages.forEach((name, average) -> Assign.assign(Objects.requireNonNull(parameters.get(name)), average));
  }

  @Override
  public void close() { averages.values().forEach(Tensor::close); }
}
