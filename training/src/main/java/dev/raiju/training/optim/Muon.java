package dev.raiju.training.optim;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Linear;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Momentum whose step is made orthogonal: every direction of a weight matrix moves alike. Jordan et al. 2024, "Muon: an
/// optimizer for hidden layers in neural networks".
///
/// For matrices inside the network only; embeddings, norms, biases and heads belong to [AdamWOptimizer]. With Nesterov
/// momentum; the update is scaled by `sqrt(max(1, rows / columns))`.
public final class Muon implements Optimizer {
  /// Five iterations of a quintic that pulls singular values towards 1: fast, not exact.
  private static final double[] QUINTIC = {3.4445, -4.7750, 2.0315};
  private static final int ITERATIONS = 5;

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
  public void step(long step, double rate, Map<String, Tensor> gradients, double factor) {
    Expr decayed = Expr.in(0).mul(beta).add(Expr.in(1).mul(factor));
    Expr nesterov = Expr.in(1).mul(factor).add(Expr.in(0).mul(beta));
    momentum.forEach((name, held) -> {
      try (Scope scope = Scope.open()) {
        Tensor p = Objects.requireNonNull(parameters.get(name));
        Tensor g = Objects.requireNonNull(gradients.get(name), "muon: no gradient for " + name);
        Assign.assign(held, Elementwise.elementwise("momentum", decayed, held, g));
        Tensor direction = orthogonal(Elementwise.elementwise("nesterov", nesterov, held, g), compute);
        double scale = rate * Math.sqrt(Math.max(1, (double) p.size(0) / p.size(1)));
        Expr moved = Expr.in(0).mul(1 - rate * weightDecay).add(Expr.in(1).mul(-scale));
        Assign.assign(p, Elementwise.elementwise("muon", moved, p, direction));
      }
    });
  }

  /// A matrix with the singular vectors of `m` and singular values near 1, by Newton-Schulz iteration.
  ///
  /// @param compute the type that products round their factors to; all else is in f32
  static Tensor orthogonal(Tensor m, DType compute) {
    boolean tall = m.size(0) > m.size(1);
    Tensor x = tall ? m.transpose() : m;
    Expr scaled = Expr.in(0).div(Expr.in(1).apply(Expr.UnaryFunction.SQRT).add(1e-7));
    x = Elementwise.elementwise("scale", scaled, x, x.square().sum());
    Expr quadratic = Expr.in(0).mul(QUINTIC[1]).add(Expr.in(1).mul(QUINTIC[2]));
    Expr next = Expr.in(0).mul(QUINTIC[0]).add(Expr.in(1));
    for (int i = 0; i < ITERATIONS; i++) {
      Tensor a = product(x, x.transpose(), compute);
      Tensor b = Elementwise.elementwise("quintic", quadratic, a, product(a, a, compute));
      x = Elementwise.elementwise("newton_schulz", next, x, product(b, x, compute));
    }
    return tall ? x.transpose() : x;
  }

  private static Tensor product(Tensor a, Tensor b, DType compute) {
    return compute == DType.F32 ? a.matmul(b) : Trace.apply(new Linear(compute), a, b.transpose());
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
