package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// An exponential moving average, in place: `average ← decay · average + (1 - decay) · value`.
///
/// @param decay how much of the past stays
public record MovingAverage(double decay) implements Update {
  /// @param average written
  /// @param value same kind
  public void step(Tensor average, Tensor value) { Trace.update(this, average, value); }

  @Override
  public List<Integer> written() { return List.of(0); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    in.get(1).requireSameType(name(), in.getFirst().requireFloat(name())).requireShape(name(), "the value", in.getFirst()
        .shape());
    return List.of();
  }

  @Override
  public List<Tensor> define(List<Tensor> in) { return List.of(in.get(0).mul(decay).add(in.get(1).mul(1 - decay))); }
}
