package dev.raiju.models.text;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.nn.NameTable;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.util.SequencedMap;

/// Reads and writes the checkpoints of UMT5 encoders. Nothing else knows their names.
public final class Umt5Weights {
  /// As Wan 2.1 published it.
  public static final String ORIGINAL = "original";
  /// As the transformers library stores it.
  public static final String HUGGING_FACE = "huggingface";

  /// As llama.cpp stores it in GGUF files.
  public static final String GGUF = "gguf";

  private static final String LAYER = "encoder.block.*.layer.";
  private static final NameTable NAMES = NameTable.of(ORIGINAL, HUGGING_FACE, GGUF)
      .row("embedding", "token_embedding", "shared", "token_embd")
      // the same tensor once more, in files that do not share
      .row("embedding", "token_embedding", "encoder.embed_tokens", "token_embd")
      .row("blocks.*.attentionNorm", "blocks.*.norm1", LAYER + "0.layer_norm", "enc.blk.*.attn_norm")
      .row("blocks.*.attention.query", "blocks.*.attn.q", LAYER + "0.SelfAttention.q", "enc.blk.*.attn_q")
      .row("blocks.*.attention.key", "blocks.*.attn.k", LAYER + "0.SelfAttention.k", "enc.blk.*.attn_k")
      .row("blocks.*.attention.value", "blocks.*.attn.v", LAYER + "0.SelfAttention.v", "enc.blk.*.attn_v")
      .row("blocks.*.attention.output", "blocks.*.attn.o", LAYER + "0.SelfAttention.o", "enc.blk.*.attn_o")
      .row("blocks.*.attention.positions", "blocks.*.pos_embedding.embedding.weight", LAYER
          + "0.SelfAttention.relative_attention_bias.weight", "enc.blk.*.attn_rel_b.weight")
      .row("blocks.*.feedForwardNorm", "blocks.*.norm2", LAYER + "1.layer_norm", "enc.blk.*.ffn_norm")
      .row("blocks.*.feedForward.gate", "blocks.*.ffn.gate.0", LAYER + "1.DenseReluDense.wi_0", "enc.blk.*.ffn_gate")
      .row("blocks.*.feedForward.up", "blocks.*.ffn.fc1", LAYER + "1.DenseReluDense.wi_1", "enc.blk.*.ffn_up")
      .row("blocks.*.feedForward.down", "blocks.*.ffn.fc2", LAYER + "1.DenseReluDense.wo", "enc.blk.*.ffn_down")
      .row("norm", "norm", "encoder.final_layer_norm", "enc.output_norm");

  private Umt5Weights() {}

  /// The table of names.
  public static NameTable names() { return NAMES; }

  /// The sizes of the encoder in a file. What its tensors do not tell is as in UMT5-XXL.
  ///
  /// @throws ModelFormatException if a tensor that shows a size is not there, or the sizes make no sense
  public static Umt5Config infer(TensorFile file) throws ModelFormatException {
    WeightsReader reader = new WeightsReader(file, NAMES);
    String positions = "blocks.0.attention.positions";
    int inner = reader.size("blocks.0.attention.query.weight", 2, 0);
    int heads = reader.size(positions, 2, 1);
    if (heads == 0 || inner % heads != 0) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), "attention width " + inner + " does not divide into "
          + heads + " heads");
    }
    try {
      int vocabulary = reader.size("embedding.weight", 2, 0);
      int ffn = reader.size("blocks.0.feedForward.gate.weight", 2, 0);
      return new Umt5Config(vocabulary, reader.size("embedding.weight", 2, 1), heads, inner / heads, ffn, reader.count(
          "blocks.*.attention.positions"), reader.size(positions, 2, 0), Umt5Config.XXL.maxDistance(), Umt5Config.XXL.eps());
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), String.valueOf(e.getMessage()));
    }
  }

  /// An encoder from a file, its sizes inferred.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an encoder
  public static Umt5Encoder load(TensorFile file, Device device) throws ModelFormatException {
    return load(file, infer(file), device);
  }

  /// An encoder of known sizes from a file.
  ///
  /// @throws ModelFormatException if the file holds anything but exactly such an encoder
  public static Umt5Encoder load(TensorFile file, Umt5Config config, Device device) throws ModelFormatException {
    try (Umt5Encoder skeleton = Umt5Encoder.create(config, Initializer.shapes(device))) {
      return new WeightsReader(file, NAMES).load(skeleton, device);
    }
  }

  /// How a file fits an encoder of known sizes.
  public static LoadReport compare(TensorFile file, Umt5Config config) {
    try (Umt5Encoder skeleton = Umt5Encoder.create(config, Initializer.shapes(Device.reference()))) {
      return new WeightsReader(file, NAMES).compare(skeleton);
    }
  }

  /// The encoder's parameters under the names of a checkpoint.
  ///
  /// @param naming [#ORIGINAL], [#HUGGING_FACE] or [#GGUF]
  public static SequencedMap<String, Tensor> named(Umt5Encoder encoder, String naming) { return NAMES.named(naming, encoder); }
}
