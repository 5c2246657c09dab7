package dev.raiju.training.optim;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.MuonStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Momentum whose step is made orthogonal: every direction of a weight matrix moves alike. Jordan et al. 2024, "Muon: an
/// optimizer for hidden layers in neural networks".
///
/// For matrices inside the network only; embeddings, norms, biases and heads belong to [AdamWOptimizer]. With Nesterov
/// momentum; the update is scaled by `sqrt(max(1, rows / columns))`.
public final class Muon implements Optimizer {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> momentum = new LinkedHashMap<>();
  private final double beta;
  private final double weightDecay;
  private final DType compute;

  /// @param parameters f32 matrices
  /// @param beta decay of the momentum, typically 0.95
  /// @param weightDecay decoupled decay
  /// @param compute the type that the products of the iteration round their factors to; bf16 is enough for a direction
  public Muon(Map<String, Tensor> parameters, double beta, double weightDecay, DType compute) {
    this.parameters = Map.copyOf(parameters);
    this.beta = beta;
    this.weightDecay = weightDecay;
    this.compute = compute;
    parameters.forEach((name, p) -> {
      if (p.rank() != 2) throw new ShapeException("muon: %s is %s; needs a matrix", name, p.spec());
      momentum.put(name, AdamWOptimizer.owned(p));
    });
  }

  @Override
  public void step(long step, double rate, Map<String, Tensor> gradients, double factor, Optional<Ema> average) {
    if (parameters.isEmpty()) return;
    List<MuonStep.Matrix> matrices = new ArrayList<>();
    momentum.forEach((name, held) -> {
      Tensor p = Objects.requireNonNull(parameters.get(name));
      matrices.add(new MuonStep.Matrix(p, held, Objects.requireNonNull(gradients.get(name), "muon: no gradient for " + name)));
    });
    try (Scope scope = Scope.open()) {
      Tensor schedule = Tensor.of(new float[] {(float) rate, (float) factor}, 2).to(matrices.getFirst().p().device());
      MuonStep.step(beta, weightDecay, compute, schedule, matrices);
    }
    average.ifPresent(ema -> ema.update(step, momentum.keySet()));
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    momentum.forEach((name, t) -> state.put(name + ".momentum", t));
    return state;
  }

  @Override
  public void close() { momentum.values().forEach(Tensor::close); }
}
