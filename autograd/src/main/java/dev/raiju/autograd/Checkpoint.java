package dev.raiju.autograd;

import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Differentiable;
import dev.raiju.tensor.op.Pullback;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/// Activation checkpointing: a part of a network keeps only its inputs, and is computed again for its gradient. Chen et al.
/// 2016, arXiv:1604.06174.
public final class Checkpoint {
  private Checkpoint() {}

  /// Computes `work` on `inputs` without keeping anything inside.
  ///
  /// @param work reads its inputs, its parameters and nothing else that needs a gradient; must give the same when run again
  /// @param parameters what `work` reads beside its inputs and shall receive gradients
  /// @param rngs the random sources that `work` draws from: set back before it runs again
  public static List<Tensor> run(Function<List<Tensor>, List<Tensor>> work, List<Tensor> inputs, Collection<Tensor> parameters,
      Rng... rngs) {
    long[] positions = new long[rngs.length];
    for (int i = 0; i < rngs.length; i++) positions[i] = rngs[i].position();
    List<Tensor> out;
    try (Scope scope = Scope.open(); var paused = Tape.pause()) {
      // an output may be an input: as a value of its own, the tape can tell them apart
      out = work.apply(inputs).stream().map(t -> inputs.contains(t) ? t.detach() : t).map(scope::keep).toList();
    }
    List<Tensor> in = new ArrayList<>(inputs);
    in.addAll(parameters);
    Tape.noteAll(new Replay(work, inputs.size(), List.of(rngs), positions), "checkpoint", in, out);
    return out;
  }

  private record Replay(Function<List<Tensor>, List<Tensor>> work, int inputs, List<Rng> rngs, long[] positions)
      implements
        Differentiable {
    @Override
    public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in; }

    @Override
    public void vjp(Pullback pullback) {
      long[] now = rngs.stream().mapToLong(Rng::position).toArray();
      for (int i = 0; i < positions.length; i++) rngs.get(i).seek(positions[i]);
      try {
        List<Tensor> in = new ArrayList<>();
        for (int i = 0; i < inputs; i++) in.add(pullback.saved(i));
        ByDefinition.again(pullback, in, work);
      } finally {
        for (int i = 0; i < now.length; i++) rngs.get(i).seek(now[i]);
      }
    }
  }
}
