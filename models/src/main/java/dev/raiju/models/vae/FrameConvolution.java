package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// A convolution over height and width alone, each frame by itself, where a [WanVae] changes their sizes.
///
/// @param weight `[O, C, 3, 3]`
/// @param bias `[O]`
public record FrameConvolution(Tensor weight, Tensor bias) implements Module<FrameConvolution> {
  static FrameConvolution create(Initializer init, long in, long out) {
    return new FrameConvolution(init.uniform(Math.sqrt(3.0 / (9 * in)), out, in, 3, 3), init.constant(0, out));
  }

  /// Every second position; zeros only to the right and below.
  ///
  /// @param x `[B, C, T, H, W]`, even sizes
  Tensor halved(Tensor x) { return convolved(x, Window.of(3).stride(1, 2, 2).padding(List.of(0, 0, 0), List.of(0, 1, 1))); }

  /// Over every position repeated twice across and down.
  ///
  /// @param x `[B, C, T, H, W]`
  Tensor doubled(Tensor x) {
    try (Scope scope = Scope.open()) {
      // both axes by one copy
      Shape spread = x.shape().insert(4, 2).insert(6, 2);
      Tensor large = x.unsqueeze(4).unsqueeze(6).broadcast(spread).reshape(x.shape().with(3, 2 * x.size(3)).with(4, 2 * x.size(
          4)));
      return scope.keep(convolved(large, Window.of(3).padding(0, 1, 1)));
    }
  }

  private Tensor convolved(Tensor x, Window window) {
    try (Scope scope = Scope.open()) {
      return scope.keep(Convolution.convolution(x, weight.unsqueeze(2), bias, window));
    }
  }

  @Override
  public FrameConvolution map(ParameterMap p) {
    return new FrameConvolution(p.tensor("weight", weight), p.tensor("bias", bias));
  }
}
