package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.ConvolutionInputGradient;
import dev.raiju.tensor.op.ConvolutionWeightGradient;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.FeedForwardBackward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.MuonStep;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Window;
import java.util.List;
import java.util.Optional;

/// The kernels that are made of products: matrix products, attention, convolutions.
public final class ProductKernels {
  // with 80 keys of 32 numbers it takes 1.1 to 1.2 times as long as in f32, with 512 of 128 two thirds
  private static final int KEYS_WORTH_NARROWING = 256;

  private final Products products;
  private final Loops loops;

  public ProductKernels(MicroKernels micro, Loops loops, Products.Workers workers) {
    this.products = new Products(micro, workers);
    this.loops = loops;
  }

  /// Whether attention over pairs of bf16 gains more than narrowing what it reads costs.
  public boolean narrowsAttention(List<Spec> in) {
    return products.micro().pairs().isPresent() && in.get(1).size(1) >= KEYS_WORTH_NARROWING;
  }

  /// The kernel for an operation, if it is of this family and its inputs are of types that are computed in f32.
  public Optional<Kernel> find(Op op, List<Spec> in) {
    return switch (op) {
      case MatMul _ when isNarrow(in.get(0)) -> Optional.of(new MatMulKernel(products));
      case Linear(DType compute) when compute == DType.I8 && isNarrow(in.get(0)) -> Optional.of(new ByteLinearKernel(products));
      case Linear(DType compute) when isLinear(in, compute) -> Optional.of(new LinearKernel(products, compute));
      case FeedForward f when isLinear(in, f.compute()) -> Optional.of(new FeedForwardKernel(products, f));
      case FeedForwardBackward(DType compute) when isLinear(in, compute) -> Optional.of(new FeedForwardBackwardKernel(products,
          loops,
          compute));
      case Attention attention when isNarrow(in.get(0)) -> Optional.of(new AttentionKernel(products, attention));
      case AttentionBackward backward when isNarrow(in.get(0)) -> Optional.of(new AttentionBackwardKernel(products, backward));
      case Convolution(Window window) when isNarrow(in.get(0)) -> Optional.of(new ConvolutionKernel(products, window));
      case ConvolutionInputGradient(Window window, _) when isNarrow(in.get(0)) -> Optional.of(new InputGradientKernel(products,
          window));
      case ConvolutionWeightGradient(Window window, _) when isNarrow(in.get(0)) -> Optional.of(new WeightGradientKernel(products,
          window));
      case MuonStep step when in.stream().allMatch(spec -> spec.dtype() == DType.F32) -> Optional.of(new MuonKernel(products,
          loops,
          step));
      default -> Optional.empty();
    };
  }

  private static boolean isNarrow(Spec spec) { return isNarrow(spec.dtype()); }

  private static boolean isNarrow(DType type) { return type == DType.F32 || type == DType.F16 || type == DType.BF16; }

  private static boolean isLinear(List<Spec> in, DType compute) {
    return isNarrow(compute) && isNarrow(in.get(0)) && in.stream().allMatch(spec -> isNarrow(spec) || spec.dtype().isBlock());
  }
}
