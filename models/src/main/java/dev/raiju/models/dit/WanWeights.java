package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/// Reads and writes the checkpoints of Wan transformers. Nothing else knows their names.
public final class WanWeights {
  /// As Wan 2.1 was published, and as GGUF files of it are.
  public static final String ORIGINAL = "original";
  /// As the diffusers library stores it.
  public static final String DIFFUSERS = "diffusers";

  private static final NameTable NAMES = NameTable.of(ORIGINAL, DIFFUSERS)
      .row("patches", "patch_embedding", "patch_embedding")
      .row("text.up", "text_embedding.0", "condition_embedder.text_embedder.linear_1")
      .row("text.down", "text_embedding.2", "condition_embedder.text_embedder.linear_2")
      .row("time.up", "time_embedding.0", "condition_embedder.time_embedder.linear_1")
      .row("time.down", "time_embedding.2", "condition_embedder.time_embedder.linear_2")
      .row("time.projection", "time_projection.1", "condition_embedder.time_proj")
      .row("blocks.*.modulation", "blocks.*.modulation", "blocks.*.scale_shift_table")
      .row("blocks.*.selfAttention.query", "blocks.*.self_attn.q", "blocks.*.attn1.to_q")
      .row("blocks.*.selfAttention.key", "blocks.*.self_attn.k", "blocks.*.attn1.to_k")
      .row("blocks.*.selfAttention.value", "blocks.*.self_attn.v", "blocks.*.attn1.to_v")
      .row("blocks.*.selfAttention.output", "blocks.*.self_attn.o", "blocks.*.attn1.to_out.0")
      .row("blocks.*.selfAttention.queryNorm", "blocks.*.self_attn.norm_q", "blocks.*.attn1.norm_q")
      .row("blocks.*.selfAttention.keyNorm", "blocks.*.self_attn.norm_k", "blocks.*.attn1.norm_k")
      .row("blocks.*.crossNorm", "blocks.*.norm3", "blocks.*.norm2")
      .row("blocks.*.crossAttention.query", "blocks.*.cross_attn.q", "blocks.*.attn2.to_q")
      .row("blocks.*.crossAttention.key", "blocks.*.cross_attn.k", "blocks.*.attn2.to_k")
      .row("blocks.*.crossAttention.value", "blocks.*.cross_attn.v", "blocks.*.attn2.to_v")
      .row("blocks.*.crossAttention.output", "blocks.*.cross_attn.o", "blocks.*.attn2.to_out.0")
      .row("blocks.*.crossAttention.queryNorm", "blocks.*.cross_attn.norm_q", "blocks.*.attn2.norm_q")
      .row("blocks.*.crossAttention.keyNorm", "blocks.*.cross_attn.norm_k", "blocks.*.attn2.norm_k")
      .row("blocks.*.feedForward.up", "blocks.*.ffn.0", "blocks.*.ffn.net.0.proj")
      .row("blocks.*.feedForward.down", "blocks.*.ffn.2", "blocks.*.ffn.net.2")
      .row("head.modulation", "head.modulation", "scale_shift_table")
      .row("head.output", "head.head", "proj_out");

  private static final WanConfig USUAL = WanConfig.WAN_1_3B;

  private WanWeights() {}

  /// The table of names.
  public static NameTable names() { return NAMES; }

  /// The sizes of the model in a file, with heads of 128 as in all published ones.
  public static WanConfig infer(TensorFile file) throws ModelFormatException { return infer(file, USUAL.headWidth()); }

  /// The sizes of the model in a file. What its tensors do not tell is as in Wan 2.1.
  ///
  /// @param headWidth the width of a head, which no tensor's shape shows
  /// @throws ModelFormatException if a tensor that shows a size is not there, or the sizes make no sense
  public static WanConfig infer(TensorFile file, int headWidth) throws ModelFormatException {
    WeightsReader reader = new WeightsReader(file, NAMES);
    int inner = reader.size("blocks.0.selfAttention.query.weight", 2, 0);
    if (inner % headWidth != 0) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), "attention width " + inner
          + " does not divide into heads of " + headWidth + "; give the head width");
    }
    try {
      String weight = "patches.weight";
      int dim = reader.size("text.down.weight", 2, 0);
      Spec patches = reader.entries().get(weight);
      // GGUF has four axes at most, and does not show the patch
      boolean folded = patches != null && patches.rank() < 5;
      WanConfig.Patch patch = folded
          ? USUAL.patch()
          : new WanConfig.Patch(reader.size(weight, 5, 2), reader.size(weight, 5, 3), reader.size(weight, 5, 4));
      int inChannels = patches == null || !folded
          ? reader.size(weight, 5, 1)
          : Math.toIntExact(patches.shape().elements() / Math.max(1, (long) dim * patch.positions()));
      int ffn = reader.size("blocks.0.feedForward.up.weight", 2, 0);
      int textDim = reader.size("text.up.weight", 2, 1);
      int freqDim = reader.size("time.up.weight", 2, 1);
      int outChannels = reader.size("head.output.weight", 2, 0) / patch.positions();
      int layers = reader.count("blocks.*.modulation");
      WanConfig alike = new WanConfig(folded ? dim : reader.size(weight, 5, 0), inner / headWidth, headWidth, ffn, layers,
          textDim, USUAL.textLength(),
          freqDim, inChannels, outChannels, patch, USUAL.eps(), USUAL.ropeTheta());
      List<WanConfig.BlockSizes> blocks = new ArrayList<>();
      for (int i = 0; i < layers; i++) blocks.add(sizes(reader, alike, "blocks." + i + "."));
      return alike.withBlocks(blocks);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), String.valueOf(e.getMessage()));
    }
  }

  /// What a block's tensors tell; a tensor that is not there is told of when the model is loaded.
  private static WanConfig.BlockSizes sizes(WeightsReader reader, WanConfig alike, String block) throws ModelFormatException {
    return new WanConfig.BlockSizes(rows(reader, block + "selfAttention.query.weight", alike.innerWidth()) / alike.headWidth(),
        rows(reader, block + "crossAttention.query.weight", alike.innerWidth()) / alike.headWidth(), rows(reader, block
            + "feedForward.up.weight", alike.ffn()));
  }

  private static int rows(WeightsReader reader, String weight, int otherwise) throws ModelFormatException {
    return reader.entries().containsKey(weight) ? reader.size(weight, 2, 0) : otherwise;
  }

  /// A model from a file, its sizes inferred.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such a model
  public static WanTransformer load(TensorFile file, Device device) throws ModelFormatException {
    return load(file, infer(file), device);
  }

  /// A model of known sizes from a file.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such a model
  public static WanTransformer load(TensorFile file, WanConfig config, Device device) throws ModelFormatException {
    try (WanTransformer skeleton = WanTransformer.create(config, Initializer.shapes(device))) {
      return new WeightsReader(file, NAMES).load(skeleton, device);
    }
  }

  /// How a file fits a model of known sizes.
  public static LoadReport compare(TensorFile file, WanConfig config) {
    try (WanTransformer skeleton = WanTransformer.create(config, Initializer.shapes(Device.reference()))) {
      return new WeightsReader(file, NAMES).compare(skeleton);
    }
  }

  /// The model's parameters under the names of a checkpoint.
  ///
  /// @param naming [#ORIGINAL] or [#DIFFUSERS]
  public static SequencedMap<String, Tensor> named(WanTransformer model, String naming) { return NAMES.named(naming, model); }
}
