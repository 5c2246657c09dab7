package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.Arrays;
import java.util.List;

/// Normalisations, a block for each row.
final class NormKernels {
  private static final String FILE = "norms";
  // a number for each of up to 32 warps
  private static final int SHARED_BYTES = 32 * Float.BYTES;

  private NormKernels() {}

  private static long rows(Shape shape) { return shape.slice(0, shape.rank() - 1).elements(); }

  private static long address(List<Tensor> tensors, int index) {
    return index < tensors.size() ? Operand.of(tensors.get(index)).address() : 0;
  }

  private static Arguments arguments(Operand x, long w, long b, Operand y, long means, long inverses, double eps) {
    return new Arguments().whole(rows(x.shape())).whole(x.shape().size(-1)).data(x).whole(w).whole(b).data(y).whole(means).whole(
        inverses)
        .real(eps);
  }

  private static void launch(Gpu gpu, String kernel, Operand x, Arguments arguments) {
    Grid grid = new Grid(Math.toIntExact(rows(x.shape())), 1, 1, Gpu.THREADS);
    gpu.launch(FILE, kernel + "_" + x.type().label(), grid, SHARED_BYTES, arguments);
  }

  /// For norms without modulation.
  private static Arguments plain(Arguments arguments) { return arguments.number(0).axes().axes().axes().whole(0).whole(0); }

  record LayerNorm(Gpu gpu, float eps) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      launch(gpu, "layer_norm", x, plain(arguments(x, address(in, 1), address(in, 2), Operand.of(out.getFirst()), address(out, 1),
          address(out, 2), eps)));
    }
  }

  record RmsNorm(Gpu gpu, float eps) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      launch(gpu, "rms_norm", x, plain(arguments(x, address(in, 1), 0, Operand.of(out.getFirst()), 0, address(out, 1), eps)));
    }
  }

  /// Shift and scale may lie in any way: usually a row for each sample.
  record ModulatedLayerNorm(Gpu gpu, float eps) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return index > 0 || layout.isContiguous(); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      Operand shift = Operand.of(in.get(1)).stretched(x.shape());
      Operand scale = Operand.of(in.get(2)).stretched(x.shape());
      int rank = x.shape().rank();
      long[] sizes = x.shape().slice(0, rank - 1).sizes();
      Strided axes = Strided.of(sizes, List.of(front(shift), front(scale)));
      launch(gpu, "modulated_layer_norm", x, arguments(x, scale.address(), shift.address(), Operand.of(out.getFirst()), address(
          out, 1),
          address(out, 2), eps).number(axes.rank()).axes(axes.sizes()).axes(axes.of(0)).axes(axes.of(1)).whole(shift.layout()
              .stride(
                  -1)).whole(scale.layout().stride(-1)));
    }

    private static long[] front(Operand operand) {
      long[] strides = operand.layout().strides();
      return Arrays.copyOf(strides, strides.length - 1);
    }
  }

  /// The gradient of a norm's input; inputs end with the gradient, before it come the statistics.
  record Backward(Gpu gpu, boolean isLayer) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      long means = isLayer ? address(in, 1) : 0;
      long inverses = address(in, isLayer ? 2 : 1);
      launch(gpu, "norm_backward", x, plain(arguments(x, Operand.of(in.getLast()).address(), 0, Operand.of(out.getFirst()), means,
          inverses, 0)));
    }
  }

  private static Arguments channels(Operand x, long w, long b, Operand y, int groups, double eps) {
    Shape shape = x.shape();
    long inner = shape.slice(2, shape.rank()).elements();
    return new Arguments().whole(shape.size(0) * inner).whole(shape.size(1)).whole(inner).data(x).whole(w).whole(b).data(y).whole(
        groups)
        .real(eps).number(0);
  }

  record ChannelNorm(Gpu gpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      if (x.elements() == 0) return;
      gpu.launch(FILE, "channel_norm_" + x.type().label(), x.elements() / x.shape().size(1), channels(x, address(in, 1), 0,
          Operand.of(out
              .getFirst()), 1, 0));
    }
  }

  record GroupNorm(Gpu gpu, int groups, float eps) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = Operand.of(in.getFirst());
      if (x.elements() == 0) return;
      Grid grid = new Grid(Math.toIntExact(x.shape().size(0) * groups), 1, 1, Gpu.THREADS);
      gpu.launch(FILE, "group_norm_" + x.type().label(), grid, SHARED_BYTES, channels(x, address(in, 1), address(in, 2), Operand
          .of(out
              .getFirst()), groups, eps));
    }
  }
}
