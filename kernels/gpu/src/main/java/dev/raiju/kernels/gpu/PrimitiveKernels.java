package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.AddAlong;
import dev.raiju.tensor.op.ArgMax;
import dev.raiju.tensor.op.Cast;
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
import dev.raiju.tensor.op.Iota;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.Quantize;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.ScatterAdd;
import dev.raiju.tensor.op.Sort;
import dev.raiju.tensor.op.TakeAlong;
import dev.raiju.tensor.op.ToDevice;
import java.util.List;
import java.util.Optional;

/// The kernel for each primitive: there is one for every type but f64, which is only moved.
record PrimitiveKernels(Gpu gpu) {
  Optional<Kernel> find(Primitive op, List<Spec> in) {
    return Optional.of(in).filter(specs -> fits(op, specs)).flatMap(specs -> kernel(op, specs));
  }

  /// Whether all types are computed with here.
  private static boolean fits(Primitive op, List<Spec> in) {
    List<DType> types = in.stream().map(Spec::dtype).toList();
    return switch (op) {
      case Elementwise _ -> types.stream().allMatch(ElementType::isComputed);
      case Cast(DType to) -> ElementType.isKnown(types.getFirst()) && ElementType.isKnown(to);
      case Copy _,Concat _,Gather _,TakeAlong _,Fill _,Pad _ -> true;
      case ToDevice _ -> false;
      case Iota(DType type, _) -> ElementType.isComputed(type);
      case RandomDraw(_, DType type, _) -> ElementType.isComputed(type);
      case Quantize _ -> ElementType.isFloat(types.getFirst());
      case Dequantize(DType type) -> ElementType.isFloat(type);
      case Reduce _,ArgMax _,CumulativeSum _,Sort _,MatMul _,Convolution _,ConvolutionInputGradient _,ConvolutionWeightGradient _,FoldWindows _,ScatterAdd _,AddAlong _ ->
        ElementType
            .isComputed(types.getFirst());
    };
  }

  private Optional<Kernel> kernel(Primitive op, List<Spec> in) {
    return switch (op) {
      case Elementwise(_, var expr) -> FormulaKernel.of(gpu, expr, in.stream().map(Spec::dtype).toList());
      case ToDevice _ -> Optional.empty();
      case Cast _ -> Optional.of(new MoveKernels.Cast(gpu));
      case Copy _ -> Optional.of(new MoveKernels.Copy(gpu));
      case Concat(int axis) -> Optional.of(new MoveKernels.Concat(gpu, axis));
      case Pad pad -> Optional.of(new MoveKernels.Pad(gpu, pad));
      case Fill(_, double value) -> Optional.of((_, out) -> new Moving(gpu).fill(Operand.of(out.getFirst()), value));
      case Iota _ -> Optional.of((_, out) -> new Moving(gpu).iota(Operand.of(out.getFirst())));
      case RandomDraw(var distribution, _, _) -> Optional.of(new MoveKernels.Random(gpu, distribution));
      case Reduce reduce -> Optional.of(new ReduceKernels.Reduce(gpu, reduce));
      case ArgMax(int axis, _) -> Optional.of(new ReduceKernels.ArgMax(gpu, axis));
      case CumulativeSum(int axis, boolean reverse) -> Optional.of(new ReduceKernels.CumulativeSum(gpu, axis, reverse));
      case Sort(int axis, boolean descending) -> Optional.of(new ReduceKernels.Sort(gpu, axis, descending));
      case Gather(int axis) -> Optional.of(new IndexKernels.Gather(gpu, axis));
      case ScatterAdd(int axis, _) -> Optional.of(new IndexKernels.ScatterAdd(gpu, axis));
      case TakeAlong(int axis) -> Optional.of(new IndexKernels.TakeAlong(gpu, axis));
      case AddAlong(int axis, _) -> Optional.of(new IndexKernels.AddAlong(gpu, axis));
      case FoldWindows(int axis, _, long step) -> Optional.of(new IndexKernels.FoldWindows(gpu, axis, step));
      case Quantize _ -> Optional.of(new BlockKernels.Quantize(gpu));
      case Dequantize _ -> Optional.of(new BlockKernels.Dequantize(gpu));
      case MatMul _ -> Optional.of(new MatrixKernels.MatMul(gpu));
      case Convolution(var window) -> Optional.of(new ConvolutionKernels.Forward(gpu, window));
      case ConvolutionInputGradient(var window, _) -> Optional.of(new ConvolutionKernels.InputGradient(gpu, window));
      case ConvolutionWeightGradient(var window, _) -> Optional.of(new ConvolutionKernels.WeightGradient(gpu, window));
    };
  }
}
