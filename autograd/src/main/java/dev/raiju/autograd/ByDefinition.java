package dev.raiju.autograd;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Broadcast;
import dev.raiju.tensor.op.Differentiable;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Pullback;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/// The gradient of a fused op that has no rule: its definition runs again, on a tape of its own.
record ByDefinition(Fused op) implements Differentiable {
  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in; }

  @Override
  public void vjp(Pullback pullback) {
    List<Tensor> in = IntStream.range(0, pullback.inputs()).mapToObj(pullback::saved).toList();
    again(pullback, in, op::define);
  }

  /// Computes `work` again on the first inputs of a step and passes back what reaches each of them. `pullback.inputs()` may be
  /// more than `in.size()`; then the rest are tensors that `work` reads by itself, saved in the same order.
  static void again(Pullback pullback, List<Tensor> in, Function<List<Tensor>, List<Tensor>> work) {
    // fresh ids: a tensor that was given twice must not receive both gradients twice
    List<Tensor> sources = new ArrayList<>(in.stream().map(t -> Trace.apply(new Broadcast(t.shape()), t)).toList());
    for (int i = in.size(); i < pullback.inputs(); i++) sources.add(pullback.saved(i));
    try (Tape tape = Tape.record(sources)) {
      List<Tensor> outputs = new ArrayList<>();
      List<Tensor> cotangents = new ArrayList<>();
      List<Tensor> results = work.apply(List.copyOf(sources.subList(0, in.size())));
      for (int i = 0; i < results.size(); i++) {
        if (!pullback.has(i)) continue;
        outputs.add(results.get(i));
        cotangents.add(pullback.cotangent(i));
      }
      List<Tensor> wanted = IntStream.range(0, sources.size()).filter(pullback::wants).mapToObj(sources::get).toList();
      Gradients gradients = tape.gradients(outputs, cotangents, wanted);
      for (int i = 0; i < sources.size(); i++) {
        Tensor source = sources.get(i);
        pullback.give(i, () -> gradients.of(source));
      }
    }
  }
}
