package dev.raiju.models.dit;

import dev.raiju.models.dit.WanConfig.BlockSizes;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The `config.json` of a Wan transformer, with the keys of the diffusers library; those of the Wan repository are read too. Two keys
/// are ours: `hidden_dim`, the width of the residual stream where it is not heads times head width, as in a pruned model; and
/// `block_sizes` where blocks differ, heads of self attention, heads of cross attention and width of the feed-forward network
/// of one after the other.
public final class WanConfigs {
  private static final int LARGEST = 1 << 20;

  private WanConfigs() {}

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing or makes no sense, or asks for what we do not have
  public static WanConfig read(Fields config) throws ModelFormatException {
    if (config.has("dim") && config.has("num_heads")) return readPublished(config);
    int heads = config.integer("num_attention_heads", 1, LARGEST);
    int headWidth = config.integer("attention_head_dim", 2, LARGEST);
    int dim = config.has("hidden_dim") ? config.integer("hidden_dim", 1, LARGEST) : Math.multiplyExact(heads, headWidth);
    String norm = config.string("qk_norm", "rms_norm_across_heads");
    if (!norm.equals("rms_norm_across_heads")) throw config.refuse("qk_norm", "is " + norm + "; needs rms_norm_across_heads");
    if (!config.flag("cross_attn_norm", true)) throw config.refuse("cross_attn_norm", "is false; needs true");
    for (String name : new String[] {"added_kv_proj_dim", "image_dim"}) {
      if (config.has(name)) throw config.refuse(name, "is given: this is a model for images; needs a text-to-video model");
    }
    long[] patch = config.integers("patch_size");
    if (patch.length != 3) throw config.refuse("patch_size", "has " + patch.length + " sizes; needs 3");
    try {
      WanConfig alike = new WanConfig(dim, heads, headWidth, config.integer("ffn_dim", 1, LARGEST), config.integer("num_layers",
          0, LARGEST),
          config.integer("text_dim", 1, LARGEST), Math.toIntExact(config.integer("text_length", WanConfig.WAN_1_3B.textLength())),
          config.integer("freq_dim", 2, LARGEST), config.integer("in_channels", 1, LARGEST), config.integer("out_channels", 1,
              LARGEST),
          new WanConfig.Patch(Math.toIntExact(patch[0]), Math.toIntExact(patch[1]), Math.toIntExact(patch[2])),
          (float) config.number("eps", WanConfig.WAN_1_3B.eps()), WanConfig.WAN_1_3B.ropeTheta());
      return config.has("block_sizes") ? alike.withBlocks(blocks(config, alike.layers())) : alike;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw config.refuse("num_layers", "these sizes do not fit together: " + e.getMessage());
    }
  }

  private static List<BlockSizes> blocks(Fields config, int layers) throws ModelFormatException {
    long[] sizes = config.integers("block_sizes");
    if (sizes.length != 3L * layers)
      throw config.refuse("block_sizes", "has " + sizes.length + " numbers; needs 3 for each of " + layers + " layers");
    return IntStream.range(0, layers).mapToObj(i -> new BlockSizes(Math.toIntExact(sizes[3 * i]), Math.toIntExact(sizes[3 * i
        + 1]), Math.toIntExact(sizes[3 * i + 2]))).toList();
  }

  private static WanConfig readPublished(Fields config) throws ModelFormatException {
    String type = config.string("model_type", "t2v");
    if (!type.equals("t2v")) throw config.refuse("model_type", "is " + type + "; needs t2v, a text-to-video model");
    int dim = config.integer("dim", 1, LARGEST);
    int heads = config.integer("num_heads", 1, LARGEST);
    if (dim % heads != 0) throw config.refuse("num_heads", "is " + heads + "; needs a divisor of dim, " + dim);
    WanConfig wan = WanConfig.WAN_1_3B;
    try {
      return new WanConfig(dim, heads, dim / heads, config.integer("ffn_dim", 1, LARGEST), config.integer("num_layers", 0,
          LARGEST), Math.toIntExact(config.integer("text_dim", wan.textDim())), Math.toIntExact(config.integer("text_len", wan
              .textLength())), config.integer("freq_dim", 2, LARGEST), config.integer("in_dim", 1, LARGEST), config.integer(
                  "out_dim", 1, LARGEST), wan.patch(), (float) config.number("eps", wan.eps()), wan.ropeTheta());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw config.refuse("num_layers", "these sizes do not fit together: " + e.getMessage());
    }
  }

  /// The configuration of a model, to be written.
  public static Json.Obj write(WanConfig config) {
    Json.Obj json = Json.object().with("_class_name", "WanTransformer3DModel").with("num_attention_heads", config.heads())
        .with("attention_head_dim", config.headWidth());
    if (config.dim() != config.innerWidth() || !config.blocks().isEmpty()) json = json.with("hidden_dim", config.dim());
    if (!config.blocks().isEmpty()) {
      json = json.with("block_sizes", Json.array(config.blocks().stream().flatMap(b -> Stream.of(b.selfHeads(), b.crossHeads(), b
          .ffn())).map(Json::of).toArray(Json[]::new)));
    }
    WanConfig.Patch patch = config.patch();
    // what a float is written as, and not its exact value
    double eps = Double.parseDouble(Float.toString(config.eps()));
    return json.with("ffn_dim", config.ffn()).with("num_layers", config.layers()).with("text_dim", config.textDim())
        .with("text_length", config.textLength()).with("freq_dim", config.freqDim()).with("in_channels", config.inChannels())
        .with("out_channels", config.outChannels())
        .with("patch_size", Json.array(Json.of(patch.frames()), Json.of(patch.height()), Json.of(patch.width()))).with("eps", eps)
        .with("cross_attn_norm", true).with("qk_norm", "rms_norm_across_heads");
  }
}
