package dev.raiju.training.distill;

import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.RmsNorm;

/// Tells data from a generator's samples by what a critic's block makes of them: the adversarial term of Yin et al. 2024,
/// arXiv:2405.14867, which Lightning Video leaves out. For comparison.
///
/// @param out from the mean over tokens to one score, high for data
/// @param block of the critic, whose output is looked at
public record GanHead(LinearLayer out, int block) implements Module<GanHead> {
  /// `log(1 + e^x)`
  private static final Expr SOFTPLUS = Expr.in(0).max(Expr.of(0)).add(Expr.in(0).apply(Expr.UnaryFunction.ABS).mul(-1).apply(
      Expr.UnaryFunction.EXP).add(1).apply(Expr.UnaryFunction.LOG));

  /// A head on the middle block of a critic, which begins by saying nothing.
  public static GanHead create(Initializer init, WanTransformer critic) {
    return new GanHead(LinearLayer.zero(init, critic.config().dim(), 1), critic.config().layers() / 2);
  }

  /// @param x noisy latents
  /// @param sigma `[B]`
  /// @return `[B, 1]`
  Tensor score(WanTransformer critic, Tensor x, Tensor sigma, Tensor context) {
    try (Scope scope = Scope.open()) {
      Tensor states = critic.forwardWithBlocks(x, sigma.mul(1000), context, BlockRunner.PLAIN).blocks().get(block);
      Tensor mean = states.mean(1);
      // by direction alone: the size of the residual stream says nothing of the sample
      Tensor even = RmsNorm.rmsNorm(mean, Tensor.full(out.weight().spec().with(out.weight().shape().slice(1, 2)), 1, mean
          .device()), 1e-6f);
      return scope.keep(out.forward(even));
    }
  }

  /// What the generator adds to its loss: `softplus(-score)` of its samples.
  public Tensor generatorLoss(WanTransformer critic, Tensor x, Tensor sigma, Tensor context) {
    try (Scope scope = Scope.open()) {
      return scope.keep(softplus(score(critic, x, sigma, context).neg()).mean());
    }
  }

  /// What the critic adds to its loss: `softplus(score)` of samples and `softplus(-score)` of data at the same noise levels.
  public Tensor criticLoss(WanTransformer critic, Tensor sample, Tensor data, Tensor sigma, Tensor context) {
    try (Scope scope = Scope.open()) {
      return scope.keep(softplus(score(critic, sample, sigma, context)).mean().add(softplus(score(critic, data, sigma, context)
          .neg()).mean()));
    }
  }

  private static Tensor softplus(Tensor x) { return Elementwise.elementwise("softplus", SOFTPLUS, x); }

  @Override
  public GanHead map(ParameterMap p) { return new GanHead(p.module("out", out), block); }
}
