package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// One step of Muon for any number of matrices: momentum whose step is made orthogonal. Jordan et al. 2024, "Muon: an optimizer for
/// hidden layers in neural networks".
///
/// `m ← β m + g`, `d = orthogonal(g + β m)`, `p ← p (1 - rate · decay) - rate · sqrt(max(1, rows / columns)) · d`.
///
/// The matrices do not depend on each other, so all of a model are best one step.
///
/// @param beta decay of the momentum, typically 0.95
/// @param weightDecay decoupled decay
/// @param compute the type that the factors of products are rounded to; bf16 is enough for a direction
/// @param matrices how many there are
public record MuonStep(double beta, double weightDecay, DType compute, int matrices) implements Update {
  /// How often the quintic is applied: enough to be near 1, not exact.
  public static final int ROUNDS = 5;
  /// Coefficients of `x`, `x xᵀ x` and `x xᵀ x xᵀ x`.
  public static final double A = 3.4445;
  public static final double B = -4.7750;
  public static final double C = 2.0315;
  /// Added to the length of a matrix.
  public static final double EPS = 1e-7;

  public MuonStep {
    if (compute != DType.F32 && compute != DType.BF16)
      throw new ShapeException("muon_step: compute type %s: must be f32 or bf16", compute);
  }

  /// A matrix that learns.
  ///
  /// @param p the parameter, `[rows, columns]`, f32
  /// @param m its momentum, same kind
  /// @param g its gradient, same kind
  public record Matrix(Tensor p, Tensor m, Tensor g) {}

  /// @param schedule f32 `[2]`: rate, factor of the gradients
  public static void step(double beta, double weightDecay, DType compute, Tensor schedule, List<Matrix> matrices) {
    List<Tensor> in = new ArrayList<>(List.of(schedule));
    for (Matrix matrix : matrices) in.addAll(List.of(matrix.p(), matrix.m(), matrix.g()));
    Trace.update(new MuonStep(beta, weightDecay, compute, matrices.size()), in.toArray(Tensor[]::new));
  }

  /// Parameters and momenta.
  @Override
  public List<Integer> written() {
    return IntStream.range(0, matrices).boxed().flatMap(i -> List.of(1 + 3 * i, 2 + 3 * i).stream()).toList();
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    if (in.size() != 1 + 3 * matrices)
      throw new ShapeException("muon_step: %d inputs for %d matrices; needs %d", in.size(), matrices, 1 + 3 * matrices);
    in.getFirst().requireType(name(), "the schedule", DType.F32).requireShape(name(), "the schedule", Shape.of(2));
    for (int i = 1; i < in.size(); i += 3) {
      Spec p = in.get(i).requireFloat(name()).requireRank(name(), 2);
      for (Spec other : in.subList(i + 1, i + 3))
        other.requireSameType(name(), p).requireShape(name(), "momentum and gradient", p.shape());
    }
    return List.of();
  }

  @Override
  public Cost cost(List<Spec> in) {
    long flops = 0;
    for (int i = 1; i < in.size(); i += 3) {
      long shorter = Math.min(in.get(i).size(0), in.get(i).size(1));
      flops += ROUNDS * 2 * shorter * (2 * in.get(i).shape().elements() + shorter * shorter);
    }
    return Cost.of(flops, in, written().stream().map(in::get).toList());
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    List<Tensor> out = new ArrayList<>();
    for (int i = 1; i < in.size(); i += 3) {
      Tensor p = in.get(i);
      Tensor schedule = in.getFirst().to(p.dtype());
      Tensor rate = schedule.select(0, 0);
      Tensor g = in.get(i + 2).mul(schedule.select(0, 1));
      Tensor m = in.get(i + 1).mul(beta).add(g);
      Tensor d = orthogonal(m.mul(beta).add(g), compute);
      double stretch = Math.sqrt(Math.max(1, (double) p.size(0) / Math.max(1, p.size(1))));
      out.add(p.sub(p.mul(rate.mul(weightDecay))).sub(d.mul(rate.mul(stretch))));
      out.add(m);
    }
    return out;
  }

  /// A matrix with the singular vectors of `m` and singular values near 1, by [#ROUNDS] rounds of `x ← A x + (B y + C y²) x` with
  /// `y = x xᵀ`, from `x = m` over its length.
  ///
  /// @param compute the type that products round their factors to
  public static Tensor orthogonal(Tensor m, DType compute) {
    boolean tall = m.size(0) > m.size(1);
    Tensor x = tall ? m.transpose() : m;
    Expr scaled = Expr.in(0).div(Expr.in(1).apply(Expr.UnaryFunction.SQRT).add(EPS));
    x = Elementwise.elementwise("scale", scaled, x, x.square().sum());
    Expr quadratic = Expr.in(0).mul(B).add(Expr.in(1).mul(C));
    Expr next = Expr.in(0).mul(A).add(Expr.in(1));
    for (int i = 0; i < ROUNDS; i++) {
      Tensor y = product(x, x.transpose(), compute);
      Tensor factor = Elementwise.elementwise("quintic", quadratic, y, product(y, y, compute));
      x = Elementwise.elementwise("newton_schulz", next, x, product(factor, x, compute));
    }
    return tall ? x.transpose() : x;
  }

  private static Tensor product(Tensor a, Tensor b, DType compute) {
    return compute == DType.F32 ? a.matmul(b) : Trace.apply(new Linear(compute), a, b.transpose());
  }
}
