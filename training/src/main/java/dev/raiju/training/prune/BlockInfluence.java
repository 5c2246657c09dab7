package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.io.IOException;
import java.util.Arrays;

/// How far a block turns the residual stream: `1 - mean over tokens of cos(before, after)`.
final class BlockInfluence implements BlockPass.Visitor {
  private final double[] cosines;
  private final long[] tokens;

  private BlockInfluence(int layers) {
    this.cosines = new double[layers];
    this.tokens = new long[layers];
  }

  /// The influence of every block.
  static double[] of(BlockSource teacher, Calibration calibration) throws IOException {
    BlockInfluence influence = new BlockInfluence(teacher.config().layers());
    calibration.run(teacher, influence);
    double[] result = new double[influence.cosines.length];
    Arrays.setAll(result, i -> 1 - influence.cosines[i] / influence.tokens[i]);
    return result;
  }

  @Override
  public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) {
    Tensor after = block.forward(in);
    try (Scope scope = Scope.open()) {
      Trace.silently(() -> {
        Tensor before = in.x();
        Tensor lengths = before.square().sum(-1).mul(after.square().sum(-1)).sqrt();
        cosines[index] += before.mul(after).sum(-1).div(lengths.clamp(1e-12, Double.MAX_VALUE)).sum().item();
        tokens[index] += lengths.shape().elements();
        return null;
      });
    }
    return after;
  }
}
