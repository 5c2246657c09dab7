package dev.raiju.models.dit;

import dev.raiju.tensor.ShapeException;

/// The sizes of a [WanTransformer].
///
/// The width of attention, `heads · headWidth`, does not depend on the model's width: pruning takes heads away and leaves the
/// residual stream as it is.
///
/// @param dim D, the width of the residual stream
/// @param heads h, of self and cross attention alike
/// @param headWidth d, even
/// @param ffn the inner width of the feed-forward network
/// @param layers how many blocks
/// @param textDim the width of the text encoder's output
/// @param textLength to how many tokens a prompt is padded
/// @param freqDim the width of the sinusoid that stands for a timestep, even
/// @param inChannels channels of the latent
/// @param outChannels channels of the velocity
/// @param patch how many latent positions make a token
/// @param eps of all norms
/// @param ropeTheta the base of the rotation frequencies
public record WanConfig(int dim, int heads, int headWidth, int ffn, int layers, int textDim, int textLength, int freqDim,
    int inChannels, int outChannels, Patch patch, float eps, double ropeTheta) {
  /// Wan 2.1 T2V 1.3B.
  public static final WanConfig WAN_1_3B = new WanConfig(1536, 12, 128, 8960, 30, 4096, 512, 256, 16, 16, new Patch(1, 2, 2),
      1e-6f, 10000);
  /// Wan 2.1 T2V 14B.
  public static final WanConfig WAN_14B = new WanConfig(5120, 40, 128, 13824, 40, 4096, 512, 256, 16, 16, new Patch(1, 2, 2),
      1e-6f, 10000);
  /// What Lightning Video prunes the smaller one to: 10 heads, half of the feed-forward network.
  public static final WanConfig LIGHTNING = WAN_1_3B.withHeads(10).withFfn(4480);

  /// Tokens on an axis at most: positions further out were never trained.
  public static final int LONGEST_AXIS = 1024;

  /// How many latent positions make a token.
  public record Patch(int frames, int height, int width) {
    public Patch {
      if (frames < 1 || height < 1 || width < 1)
        throw new ShapeException("wan: patch %d x %d x %d: sizes must be 1 or more", frames, height, width);
    }

    /// Positions of one token.
    public int positions() { return frames * height * width; }
  }

  public WanConfig {
    if (dim < 1 || heads < 1 || ffn < 1 || layers < 0 || textDim < 1 || textLength < 1 || inChannels < 1 || outChannels < 1) {
      throw new ShapeException(
          "wan: sizes must be positive: dim %d, heads %d, ffn %d, layers %d, text %d x %d, channels %d and %d",
          dim, heads, ffn, layers, textLength, textDim, inChannels, outChannels);
    }
    if (headWidth < 2 || headWidth % 2 != 0) throw new ShapeException("wan: head width %d: must be even", headWidth);
    if (freqDim < 2 || freqDim % 2 != 0) throw new ShapeException("wan: frequency width %d: must be even", freqDim);
  }

  /// I, the width of queries, keys and values.
  public int innerWidth() { return heads * headWidth; }

  public WanConfig withHeads(int heads) {
    return new WanConfig(dim, heads, headWidth, ffn, layers, textDim, textLength, freqDim, inChannels, outChannels, patch, eps,
        ropeTheta);
  }

  public WanConfig withFfn(int ffn) {
    return new WanConfig(dim, heads, headWidth, ffn, layers, textDim, textLength, freqDim, inChannels, outChannels, patch, eps,
        ropeTheta);
  }

  /// How many complex pairs of a head turn with time, height and width.
  public int[] rotaryPairs() {
    int pairs = headWidth / 2;
    return new int[] {pairs - 2 * (pairs / 3), pairs / 3, pairs / 3};
  }
}
