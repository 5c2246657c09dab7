package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.MovingAverage;
import dev.raiju.tensor.op.MuonStep;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.RmsNormBackward;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.Scores;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.SquaredLengths;
import dev.raiju.tensor.op.Update;
import java.util.List;
import java.util.Optional;

/// The kernels for fused ops and updates; what has none runs by its definition.
record FusedKernels(Gpu gpu) {
  Optional<Kernel> find(Fused op, List<Spec> in) {
    if (!ElementType.isFloat(in.getFirst())) return Optional.empty();
    return switch (op) {
      case Linear(DType compute) when compute != DType.I8 && isLinear(in) -> Optional.of(new MatrixKernels.Linear(gpu, compute));
      case FeedForward(boolean gated, DType compute, boolean hidden) when !hidden && compute != DType.I8 && isLinear(in) ->
        Optional.of(
            new MatrixKernels.FeedForward(gpu, gated,
                compute));
      case Attention attention when AttentionKernel.fits(in) -> Optional.of(new AttentionKernel(gpu, attention.scores()));
      case AttentionBackward(Scores scores) when AttentionBackwardKernel.fits(scores, in) -> Optional.of(
          new AttentionBackwardKernel(gpu, scores));
      case LayerNorm(float eps, _) -> Optional.of(new NormKernels.LayerNorm(gpu, eps));
      case RmsNorm(float eps, _) -> Optional.of(new NormKernels.RmsNorm(gpu, eps));
      case ModulatedLayerNorm(float eps, _) -> Optional.of(new NormKernels.ModulatedLayerNorm(gpu, eps));
      case LayerNormBackward _ -> Optional.of(new NormKernels.Backward(gpu, true));
      case RmsNormBackward _ -> Optional.of(new NormKernels.Backward(gpu, false));
      case ChannelNorm _ -> Optional.of(new NormKernels.ChannelNorm(gpu));
      case GroupNorm(int groups, float eps) -> Optional.of(new NormKernels.GroupNorm(gpu, groups, eps));
      case Softmax(int axis) -> Optional.of(new SoftmaxKernels.Softmax(gpu, axis));
      case LogSumExp(var axes, _) when SoftmaxKernels.LogSumExp.fits(axes, in.getFirst().rank()) -> Optional.of(
          new SoftmaxKernels.LogSumExp(gpu, axes));
      case Rope _ -> Optional.of(new RopeKernel(gpu));
      case SquaredLengths _ when gpu.hasTables() -> Optional.of(new LengthKernel(gpu));
      default -> Optional.empty();
    };
  }

  Optional<Kernel> find(Update op, List<Spec> in) {
    return switch (op) {
      case Assign _ -> Optional.of(new MoveKernels.Assign(gpu));
      case AdamW adamW when ElementType.isFloat(in.getFirst()) -> Optional.of(gpu.hasTables()
          ? new UpdateKernels.AdamWTable(gpu, adamW)
          : new UpdateKernels.AdamW(gpu, adamW));
      case MuonStep muon when gpu.hasTables() && in.stream().allMatch(spec -> spec.dtype() == DType.F32) -> Optional.of(
          new MuonKernel(gpu, muon));
      case MovingAverage average when ElementType.isFloat(in.getFirst()) -> Optional.of(gpu.hasTables()
          ? new UpdateKernels.MovingAverageTable(gpu, average)
          : new UpdateKernels.MovingAverage(gpu, average));
      default -> Optional.empty();
    };
  }

  private static boolean isLinear(List<Spec> in) {
    return in.stream().allMatch(spec -> ElementType.isFloat(spec) || spec.dtype().isBlock());
  }
}
