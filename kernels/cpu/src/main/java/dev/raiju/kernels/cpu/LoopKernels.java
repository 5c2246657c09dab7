package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.AddAlong;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.ChannelNorm;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.CumulativeSum;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Fill;
import dev.raiju.tensor.op.FoldWindows;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.Iota;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.LayerNormBackward;
import dev.raiju.tensor.op.LogSumExp;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.tensor.op.MovingAverage;
import dev.raiju.tensor.op.NormBackward;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.RmsNorm;
import dev.raiju.tensor.op.RmsNormBackward;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.tensor.op.Sort;
import dev.raiju.tensor.op.TakeAlong;
import dev.raiju.tensor.op.ToDevice;
import java.util.List;
import java.util.Optional;

/// The kernels that are loops over elements, rows and lines: all but products. Nothing computes in f64, which is for the
/// reference device, but values of any type are moved and cast.
final class LoopKernels {
  private final Processor cpu;

  LoopKernels(Processor cpu) { this.cpu = cpu; }

  Optional<Kernel> find(Op op, List<Spec> in) {
    return switch (op) {
      case Primitive primitive -> primitive(primitive, in);
      // a row of nothing has no maximum; the definitions say what it gives
      case Softmax(int axis) -> last(in, axis) && rowsOfFloats(in) ? Optional.of(new SoftmaxKernels.Softmax(cpu)) : none();
      case LogSumExp sums -> logSumExp(sums, in);
      case LayerNorm norm -> rowsOfFloats(in) ? Optional.of(new NormKernels.LayerNorm(cpu, norm.eps())) : none();
      case ModulatedLayerNorm norm ->
        rowsOfFloats(in) ? Optional.of(new NormKernels.ModulatedLayerNorm(cpu, norm.eps())) : none();
      case RmsNorm norm -> rowsOfFloats(in) ? Optional.of(new NormKernels.RmsNorm(cpu, norm.eps())) : none();
      case LayerNormBackward _ -> rowsOfFloats(in) && isF32(in.subList(1, 3))
          ? Optional.of(new NormKernels.Backward(cpu, true))
          : none();
      case RmsNormBackward _ -> rowsOfFloats(in) && isF32(in.subList(1, 2))
          ? Optional.of(new NormKernels.Backward(cpu, false))
          : none();
      case NormBackward(boolean centred) -> rowsOfFloats(in) && isF32(in.subList(1, in.size() - 2)) && NormBackwardKernel.takes(
          in)
              ? Optional.of(new NormBackwardKernel(cpu, centred))
              : none();
      case GroupNorm norm -> floats(in) ? Optional.of(new GroupNormKernel(cpu, norm.groups(), norm.eps())) : none();
      case ChannelNorm _ -> floats(in) ? Optional.of(new ChannelNormKernel(cpu)) : none();
      case Rope _ -> floats(in) && isF32(in.subList(1, 3)) ? Optional.of(new RopeKernel(cpu)) : none();
      case AdamW update -> isF32(in) ? Optional.of(new UpdateKernels.AdamW(cpu, update)) : none();
      case MovingAverage update -> isF32(in) ? Optional.of(new UpdateKernels.MovingAverage(cpu, update)) : none();
      case Assign _ -> Optional.of(new CopyKernels.Assign(cpu));
      default -> none();
    };
  }

  private Optional<Kernel> primitive(Primitive op, List<Spec> in) {
    return switch (op) {
      case Elementwise(_, var formula) -> in.stream().allMatch(LoopKernels::isComputable)
          ? Optional.of(new ElementwiseKernel(cpu, Program.of(formula, in.stream().map(Spec::dtype).toList())))
          : none();
      case Cast _ -> Optional.of(new CastKernel(cpu));
      case Copy _ -> Optional.of(new CopyKernels.Copy(cpu));
      case Fill(_, double value) -> Optional.of(new Filling.Fill(cpu, value));
      case Iota _ -> Optional.of(new Filling.Iota(cpu));
      case RandomDraw(var distribution, DType type, _) ->
        type != DType.F64 ? Optional.of(new Filling.Random(cpu, distribution)) : none();
      case Reduce reduce -> isComputable(in.getFirst()) ? Optional.of(new ReduceKernel(cpu, reduce)) : none();
      case ArgMax(int axis, _) -> isComputable(in.getFirst()) ? Optional.of(new LineKernels.ArgMax(cpu, axis)) : none();
      case CumulativeSum(int axis, boolean reverse) ->
        isComputable(in.getFirst()) ? Optional.of(new LineKernels.CumulativeSum(cpu, axis, reverse)) : none();
      case Sort(int axis, boolean descending) ->
        isComputable(in.getFirst()) ? Optional.of(new SortKernel(cpu, axis, descending)) : none();
      case FoldWindows fold -> floats(in) ? Optional.of(new LineKernels.FoldWindows(cpu, fold)) : none();
      case Gather(int axis) -> Optional.of(new IndexKernels.Gather(cpu, axis));
      case ScatterAdd(int axis, _) -> isComputable(in.getFirst()) ? Optional.of(new IndexKernels.ScatterAdd(cpu, axis)) : none();
      case TakeAlong(int axis) -> Optional.of(new IndexKernels.TakeAlong(cpu, axis));
      case AddAlong(int axis, _) -> isComputable(in.getFirst()) ? Optional.of(new IndexKernels.AddAlong(cpu, axis)) : none();
      case Concat(int axis) -> Optional.of(new CopyKernels.Concat(cpu, axis));
      case Pad pad -> Optional.of(new CopyKernels.Pad(cpu, pad));
      case Quantize _ -> floats(in) ? Optional.of(new BlockTypes.Quantize(cpu)) : none();
      case Dequantize(DType type) -> type != DType.F64 ? Optional.of(new BlockTypes.Dequantize(cpu)) : none();
      case ToDevice _,MatMul _,Convolution _,ConvolutionInputGradient _,ConvolutionWeightGradient _ -> none();
    };
  }

  private static Optional<Kernel> none() { return Optional.empty(); }

  private static boolean isComputable(Spec spec) {
    DType type = spec.dtype();
    return (type.isFloat() || type.isInteger() || type == DType.BOOL) && type != DType.F64;
  }

  private static boolean floats(List<Spec> in) {
    return in.stream().allMatch(spec -> isComputable(spec) && spec.dtype().isFloat());
  }

  private static boolean isF32(List<Spec> in) { return in.stream().allMatch(spec -> spec.dtype() == DType.F32); }

  /// Floats in rows of one element or more.
  private static boolean rowsOfFloats(List<Spec> in) {
    Spec x = in.getFirst();
    return floats(in) && x.rank() > 0 && x.size(-1) > 0;
  }

  private static boolean last(List<Spec> in, int axis) { return axis == in.getFirst().rank() - 1; }

  /// Over the last axes, whose elements are one row.
  private Optional<Kernel> logSumExp(LogSumExp op, List<Spec> in) {
    Shape shape = in.getFirst().shape();
    int kept = shape.rank() - op.axes().size();
    long width = shape.slice(kept, shape.rank()).elements();
    boolean areLast = op.axes().stream().allMatch(axis -> axis >= kept);
    return areLast && width > 0 && floats(in) ? Optional.of(new SoftmaxKernels.LogSumExp(cpu, width)) : none();
  }
}
