package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.Window;
import java.util.List;

/// A convolution over frames, height and width that sees no later frame: a kernel of `k` frames reaches `k - 1` back, into zeros
/// at the beginning of a clip. Height and width stay.
///
/// @param weight `[O, C, frames, height, width]`, odd sizes
/// @param bias `[O]`
public record CausalConvolution(Tensor weight, Tensor bias) implements Module<CausalConvolution> {
  /// A layer that keeps the variance of its input: uniform weights of variance `1 / fan-in`, zero bias.
  static CausalConvolution create(Initializer init, long in, long out, int frames, int size) {
    double bound = Math.sqrt(3.0 / (in * frames * size * size));
    return new CausalConvolution(init.uniform(bound, out, in, frames, size, size), init.constant(0, out));
  }

  /// @param x `[B, C, T, H, W]`
  /// @return `[B, O, T, H, W]`
  Tensor forward(Tensor x, Past past) {
    long reach = weight.size(2) - 1;
    int high = Math.toIntExact(weight.size(3) / 2);
    int wide = Math.toIntExact(weight.size(4) / 2);
    try (Scope scope = Scope.open()) {
      Tensor joined = reach == 0 ? x : past.joined(this, x, reach);
      int missing = Math.toIntExact(reach - (joined.size(2) - x.size(2)));
      Window window = Window.of(3).padding(List.of(missing, high, wide), List.of(0, high, wide));
      return scope.keep(Convolution.convolution(joined, weight, bias, window));
    }
  }

  /// Every second frame, with the frame before the piece as the first that is seen: the beginning of a clip gives one frame less
  /// than half of an odd number, rounded up.
  ///
  /// @param x `[B, C, T, H, W]`
  /// @return `[B, O, (T - 1) / 2, H, W]` at the beginning of a clip, later `[B, O, T / 2, H, W]`
  Tensor halved(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor joined = past.joined(this, x, 1);
      if (joined.size(2) < weight.size(2)) return scope.keep(x.slice(2, 0, 0));
      return scope.keep(Convolution.convolution(joined, weight, bias, Window.of(3).stride(2, 1, 1)));
    }
  }

  @Override
  public CausalConvolution map(ParameterMap p) {
    return new CausalConvolution(p.tensor("weight", weight), p.tensor("bias", bias));
  }
}
