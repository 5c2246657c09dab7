package dev.raiju.models.vae;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Attention;

/// Attention of one head among the positions of each frame, added to its input.
///
/// @param both 1 x 1, to query, key and value one after the other
/// @param output 1 x 1
public record FrameAttention(ChannelNormLayer norm, ConvolutionLayer both, ConvolutionLayer output)
    implements
      Module<FrameAttention> {
  static FrameAttention create(Initializer init, int width) {
    return new FrameAttention(ChannelNormLayer.create(init, width, 2), ConvolutionLayer.square(init, width, 3L * width, 1, 1,
        true), ConvolutionLayer.square(init, width, width, 1, 1, true));
  }

  /// @param x `[B, C, T, H, W]`
  Tensor forward(Tensor x) {
    try (Scope scope = Scope.open()) {
      long batch = x.size(0);
      long width = x.size(1);
      Tensor images = x.transpose(1, 2).flatten(0, 2);
      // [B · T, H · W, 3, 1, C]
      Tensor rows = both.forward(norm.forward(images)).permute(0, 2, 3, 1).reshape(images.size(0), -1, 3, 1, width);
      Tensor attended = Attention.attention(rows.select(2, 0), rows.select(2, 1), rows.select(2, 2));
      Tensor mixed = attended.reshape(images.size(0), x.size(3), x.size(4), width).permute(0, 3, 1, 2);
      Tensor branch = Frames.apart(output.forward(mixed), batch).transpose(1, 2);
      return scope.keep(x.add(branch));
    }
  }

  @Override
  public FrameAttention map(ParameterMap p) {
    return new FrameAttention(p.module("norm", norm), p.module("both", both), p.module("output", output));
  }
}
