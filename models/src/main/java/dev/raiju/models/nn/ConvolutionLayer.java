package dev.raiju.models.nn;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Window;
import java.util.Collections;
import java.util.Optional;

/// A convolution; see [Convolution].
///
/// @param weight `[O, C / groups, …]`
/// @param bias `[O]`, if there is one
/// @param window stride, padding, dilation and groups
public record ConvolutionLayer(Tensor weight, Optional<Tensor> bias, Window window) implements Module<ConvolutionLayer> {
  /// A layer over images with square kernels of `size` taps, padded so that stride 1 keeps height and width: uniform weights of
  /// variance `2 / fan-in`, which keeps the variance through a ReLU, and zero bias.
  public static ConvolutionLayer square(Initializer init, long in, long out, int size, int stride, boolean biased) {
    double bound = Math.sqrt(6.0 / (in * size * size));
    return square(init.uniform(bound, out, in, size, size), biased ? Optional.of(init.constant(0, out)) : Optional.empty(),
        stride);
  }

  /// The same layer with given parameters.
  public static ConvolutionLayer square(Tensor weight, Optional<Tensor> bias, int stride) {
    Integer padding = Math.toIntExact(weight.size(-1)) / 2;
    Integer[] both = Collections.nCopies(2, padding).toArray(Integer[]::new);
    return new ConvolutionLayer(weight, bias, Window.of(2).padding(both).stride(stride, stride));
  }

  /// @param x `[N, C, …]`
  /// @return `[N, O, …]`
  public Tensor forward(Tensor x) {
    return bias.isPresent()
        ? Convolution.convolution(x, weight, bias.get(), window)
        : Convolution.convolution(x, weight, window);
  }

  @Override
  public ConvolutionLayer map(ParameterMap p) {
    return new ConvolutionLayer(p.tensor("weight", weight), p.tensor("bias", bias), window);
  }
}
