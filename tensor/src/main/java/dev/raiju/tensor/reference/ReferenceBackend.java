package dev.raiju.tensor.reference;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
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
import dev.raiju.tensor.op.Op;
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

/// Every primitive as plain loops, floats in f64 and rounded once when stored, integers in i64. Has no kernels of its own for
/// fused ops: their definitions are their meaning.
public final class ReferenceBackend implements HostBackend {
  public ReferenceBackend() {}

  @Override
  public String name() { return "reference"; }

  @Override
  public String describe() { return "scalar loops in f64, one thread; the meaning of the operations, for tests"; }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) {
    return op instanceof Primitive primitive ? Optional.of(new AnyLayout(loops(primitive))) : Optional.empty();
  }

  private static Kernel loops(Primitive op) {
    return switch (op) {
      case Elementwise(_, var expr) -> (in, out) -> Formulas.run(expr, in, out.getFirst());
      case Cast _ -> (in, out) -> Moves.cast(in.getFirst(), out.getFirst());
      case Copy _ -> (in, out) -> Moves.copy(in.getFirst(), out.getFirst());
      case ToDevice _ -> throw new IllegalStateException("to_device is carried out by the engine");
      case Fill(_, double value) -> (_, out) -> Generators.fill(value, out.getFirst());
      case Iota _ -> (_, out) -> Generators.iota(out.getFirst());
      case RandomDraw(var distribution, _, _) -> (in, out) -> Generators.random(distribution, in.getFirst(), out.getFirst());
      case Reduce(var kind, var axes, _) -> (in, out) -> Reductions.reduce(kind, axes, in.getFirst(), out.getFirst());
      case ArgMax(int axis, _) -> (in, out) -> Reductions.argMax(axis, in.getFirst(), out.getFirst());
      case CumulativeSum(int axis, boolean reverse) -> (in, out) -> Reductions.cumulativeSum(axis, reverse, in.getFirst(), out
          .getFirst());
      case Sort(int axis, boolean descending) -> (in, out) -> Reductions.sort(axis, descending, in.getFirst(), out.get(0), out
          .get(1));
      case MatMul _ -> (in, out) -> Products.matmul(in.get(0), in.get(1), out.getFirst());
      case Convolution(var window) -> (in, out) -> Products.convolution(window, in, out.getFirst());
      case ConvolutionInputGradient(var window, _) -> (in, out) -> Products.inputGradient(window, in.get(0), in.get(1), out
          .getFirst());
      case ConvolutionWeightGradient(var window, _) -> (in, out) -> Products.weightGradient(window, in.get(0), in.get(1), out
          .getFirst());
      case FoldWindows(int axis, _, long step) -> (in, out) -> Moves.foldWindows(axis, step, in.getFirst(), out.getFirst());
      case Gather(int axis) -> (in, out) -> Moves.gather(axis, in.get(0), in.get(1), out.getFirst());
      case ScatterAdd(int axis, _) -> (in, out) -> Moves.scatterAdd(axis, in.get(0), in.get(1), out.getFirst());
      case TakeAlong(int axis) -> (in, out) -> Moves.takeAlong(axis, in.get(0), in.get(1), out.getFirst());
      case AddAlong(int axis, _) -> (in, out) -> Moves.addAlong(axis, in.get(0), in.get(1), out.getFirst());
      case Concat(int axis) -> (in, out) -> Moves.concat(axis, in, out.getFirst());
      case Pad pad -> (in, out) -> Moves.pad(pad, in.getFirst(), out.getFirst());
      case Quantize _ -> (in, out) -> Blocks.quantize(in.getFirst(), out.getFirst());
      case Dequantize _ -> (in, out) -> Blocks.dequantize(in.getFirst(), out.getFirst());
    };
  }

  /// A kernel that reads through any layout.
  private record AnyLayout(Kernel loops) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) { loops.run(in, out); }

    @Override
    public boolean takes(int index, Layout layout) { return true; }
  }
}
