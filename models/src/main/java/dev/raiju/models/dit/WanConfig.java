package dev.raiju.models.dit;

import dev.raiju.tensor.ShapeException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;

/// The sizes of a [WanTransformer].
///
/// The width of attention, `heads · headWidth`, does not depend on the model's width: pruning takes heads away and leaves the
/// residual stream as it is.
///
/// @param dim D, the width of the residual stream
/// @param heads h, of self and cross attention alike, in blocks that have no sizes of their own
/// @param headWidth d, even
/// @param ffn the inner width of the feed-forward network, in blocks that have no sizes of their own
/// @param layers how many blocks
/// @param textDim the width of the text encoder's output
/// @param textLength to how many tokens a prompt is padded
/// @param freqDim the width of the sinusoid that stands for a timestep, even
/// @param inChannels channels of the latent
/// @param outChannels channels of the velocity
/// @param patch how many latent positions make a token
/// @param eps of all norms
/// @param ropeTheta the base of the rotation frequencies
/// @param blocks the sizes of every block where they are not all alike, as a pruned model may have them; else empty
public record WanConfig(int dim, int heads, int headWidth, int ffn, int layers, int textDim, int textLength, int freqDim,
    int inChannels, int outChannels, Patch patch, float eps, double ropeTheta, List<BlockSizes> blocks) {
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

  /// What a block has of each.
  ///
  /// @param selfHeads heads of self attention
  /// @param crossHeads heads of cross attention
  /// @param ffn the inner width of the feed-forward network
  public record BlockSizes(int selfHeads, int crossHeads, int ffn) {
    public BlockSizes {
      if (selfHeads < 1 || crossHeads < 1 || ffn < 1)
        throw new ShapeException("wan: a block of %d and %d heads, ffn %d: sizes must be positive", selfHeads, crossHeads, ffn);
    }
  }

  public WanConfig {
    blocks = List.copyOf(blocks);
    if (!blocks.isEmpty() && blocks.size() != layers)
      throw new ShapeException("wan: sizes of %d blocks for %d layers", blocks.size(), layers);
    if (dim < 1 || heads < 1 || ffn < 1 || layers < 0 || textDim < 1 || textLength < 1 || inChannels < 1 || outChannels < 1) {
      throw new ShapeException(
          "wan: sizes must be positive: dim %d, heads %d, ffn %d, layers %d, text %d x %d, channels %d and %d",
          dim, heads, ffn, layers, textLength, textDim, inChannels, outChannels);
    }
    if (headWidth < 2 || headWidth % 2 != 0) throw new ShapeException("wan: head width %d: must be even", headWidth);
    if (freqDim < 2 || freqDim % 2 != 0) throw new ShapeException("wan: frequency width %d: must be even", freqDim);
  }

  /// Sizes whose blocks are all alike.
  public WanConfig(int dim, int heads, int headWidth, int ffn, int layers, int textDim, int textLength, int freqDim,
      int inChannels, int outChannels, Patch patch, float eps, double ropeTheta) {
    this(dim, heads, headWidth, ffn, layers, textDim, textLength, freqDim, inChannels, outChannels, patch, eps, ropeTheta, List
        .of());
  }

  /// I, the width of queries, keys and values in blocks that have no sizes of their own.
  public int innerWidth() { return heads * headWidth; }

  /// The sizes of block `index`.
  public BlockSizes block(int index) { return blocks.isEmpty() ? new BlockSizes(heads, heads, ffn) : blocks.get(index); }

  /// The same with so many heads in every block.
  public WanConfig withHeads(int heads) {
    return new WanConfig(dim, heads, headWidth, ffn, layers, textDim, textLength, freqDim, inChannels, outChannels, patch, eps,
        ropeTheta);
  }

  /// The same with feed-forward networks of this width in every block.
  public WanConfig withFfn(int ffn) {
    return new WanConfig(dim, heads, headWidth, ffn, layers, textDim, textLength, freqDim, inChannels, outChannels, patch, eps,
        ropeTheta);
  }

  /// The same around blocks of these sizes, as many as there are.
  public WanConfig withBlocks(List<BlockSizes> blocks) {
    int count = blocks.size();
    boolean alike = new HashSet<>(blocks).size() == 1 && blocks.getFirst().selfHeads() == blocks.getFirst().crossHeads();
    int heads = alike ? blocks.getFirst().selfHeads() : this.heads;
    int ffn = alike ? blocks.getFirst().ffn() : this.ffn;
    return new WanConfig(dim, heads, headWidth, ffn, count, textDim, textLength, freqDim, inChannels, outChannels, patch, eps,
        ropeTheta, alike ? Collections.emptyList() : blocks);
  }

  /// Whether both differ in their blocks at most.
  boolean isAroundSame(WanConfig other) {
    return withHeads(1).withFfn(1).withBlocks(List.of()).equals(other.withHeads(1).withFfn(1).withBlocks(List.of()));
  }

  /// How many complex pairs of a head turn with time, height and width.
  public int[] rotaryPairs() {
    int pairs = headWidth / 2;
    return new int[] {pairs - 2 * (pairs / 3), pairs / 3, pairs / 3};
  }
}
