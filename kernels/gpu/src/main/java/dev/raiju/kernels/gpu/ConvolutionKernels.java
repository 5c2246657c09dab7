package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Convolutions and their gradients, over 1 to 3 spatial axes; the kernels know 3.
final class ConvolutionKernels {
  private static final int TILE = 64;
  private static final int SHARED_BYTES = 2 * 16 * (TILE + 4) * Float.BYTES;

  private ConvolutionKernels() {}

  /// The three tensors of a convolution; of a gradient, the place of the one that is wanted is empty.
  private record Images(Window window, Shape x, Shape w, Shape y) {
    Arguments arguments(long xAt, long wAt, long yAt, long bias, Operand out) {
      return new Arguments().wholes(xAt, wAt, yAt, bias).data(out).number(out.code()).number(window.groups()).numbers(size(x, 0),
          size(
              x, 1), size(y, 1), 0).numbers(spatial(x)).numbers(spatial(w)).numbers(spatial(y)).numbers(padded(window.stride(),
                  1))
          .numbers(padded(window.before(), 0)).numbers(padded(window.dilation(), 1));
    }

    private static int size(Shape shape, int axis) { return Math.toIntExact(shape.size(axis)); }

    private static int[] spatial(Shape shape) {
      int[] sizes = {1, 1, 1};
      for (int axis = 2; axis < shape.rank(); axis++) sizes[3 - shape.rank() + axis] = size(shape, axis);
      return sizes;
    }

    private static int[] padded(List<Integer> values, int missing) {
      int[] all = new int[3];
      Arrays.fill(all, missing);
      for (int i = 0; i < values.size(); i++) all[3 - values.size() + i] = values.get(i);
      return all;
    }

    /// Positions of all samples.
    static long positions(Shape shape) { return shape.size(0) * shape.slice(2, shape.rank()).elements(); }
  }

  private static void launch(Gpu gpu, String kernel, long rows, long columns, int groups, Arguments arguments) {
    gpu.launch("products", kernel, new Grid(tiles(rows), tiles(columns), groups, Gpu.THREADS), SHARED_BYTES, arguments);
  }

  private static int tiles(long size) { return Math.toIntExact((size + TILE - 1) / TILE); }

  record Forward(Gpu gpu, Window window) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand y = Operand.of(out.getFirst());
      var images = new Images(window, in.get(0).shape(), in.get(1).shape(), y.shape());
      long bias = (in.size() > 2 ? Optional.of(Operand.of(in.get(2)).address()) : Optional.<Long>empty()).orElse(0L);
      launch(gpu, "convolution", Images.positions(y.shape()), y.shape().size(1) / window.groups(), window.groups(), images
          .arguments(
              Operand.of(in.get(0)).address(), Operand.of(in.get(1)).address(), 0, bias, y));
    }
  }

  /// From the gradient of the output, and the weight.
  record InputGradient(Gpu gpu, Window window) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand dx = Operand.of(out.getFirst());
      var images = new Images(window, dx.shape(), in.get(1).shape(), in.get(0).shape());
      launch(gpu, "convolution_input_gradient", Images.positions(dx.shape()), dx.shape().size(1) / window.groups(), window
          .groups(),
          images.arguments(0, Operand.of(in.get(1)).address(), Operand.of(in.get(0)).address(), 0, dx));
    }
  }

  /// From the input, and the gradient of the output.
  record WeightGradient(Gpu gpu, Window window) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand dw = Operand.of(out.getFirst());
      var images = new Images(window, in.get(0).shape(), dw.shape(), in.get(1).shape());
      launch(gpu, "convolution_weight_gradient", dw.shape().size(0) / window.groups(), dw.elements() / Math.max(1, dw.shape()
          .size(
              0)), window.groups(), images.arguments(Operand.of(in.get(0)).address(), 0, Operand.of(in.get(1)).address(), 0, dw));
    }
  }
}
