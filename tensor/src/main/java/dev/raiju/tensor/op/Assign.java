package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// New values for a tensor, in place: loading a checkpoint into parameters, setting back an optimiser.
public record Assign() implements Update {
  /// @param target written; any type
  /// @param value same kind
  public static void assign(Tensor target, Tensor value) { Trace.update(new Assign(), target, value); }

  @Override
  public List<Integer> written() { return List.of(0); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    in.get(1).requireSameType("assign", in.getFirst()).requireShape("assign", "the value", in.getFirst().shape());
    return List.of();
  }

  @Override
  public List<Tensor> define(List<Tensor> in) { return List.of(in.get(1)); }
}
