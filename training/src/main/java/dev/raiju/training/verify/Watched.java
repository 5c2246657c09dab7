package dev.raiju.training.verify;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.distill.VelocityField;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/// A transformer that remembers what it was called with and what it gave.
///
/// Golden files round noise levels to a table, and timesteps not: it is called with the timestep of the file.
final class Watched implements VelocityField, AutoCloseable {
  private final WanTransformer model;
  private final IntFunction<Tensor> timesteps;
  private final List<Call> calls = new ArrayList<>();

  /// @param timesteps `[B]`, by the number of the call
  Watched(WanTransformer model, IntFunction<Tensor> timesteps) {
    this.model = model;
    this.timesteps = timesteps;
  }

  record Call(Tensor x, Tensor velocity) {}

  @Override
  public Tensor at(Tensor x, Tensor timestep, Tensor context) {
    Tensor velocity = model.forward(x, timesteps.apply(calls.size()), context);
    calls.add(new Call(x.alias(), velocity.alias()));
    return velocity;
  }

  List<Call> calls() { return calls; }

  @Override
  public void close() {
    for (Call call : calls) {
      call.x.close();
      call.velocity.close();
    }
  }
}
