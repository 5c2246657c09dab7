package dev.raiju.tensor.op;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// The same values on another device. The one op whose result lives elsewhere; the engine itself carries it out.
///
/// @param from where the input lives, and its gradient goes back to
/// @param to where the result lives
public record ToDevice(Device from, Device to) implements Primitive, Differentiable {
  @Override
  public List<Spec> infer(List<Spec> in) { return in; }

  /// Bytes alone: nothing is computed.
  @Override
  public Cost cost(List<Spec> in) { return Cost.of(0, in, in); }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return List.of(); }

  @Override
  public void vjp(Pullback pullback) { pullback.give(0, () -> pullback.cotangent(0).to(from)); }
}
