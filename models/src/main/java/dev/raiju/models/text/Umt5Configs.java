package dev.raiju.models.text;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;

/// The `config.json` of a UMT5 encoder, with the keys of the transformers library.
public final class Umt5Configs {
  private static final int LARGEST = 1 << 24;

  private Umt5Configs() {}

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing or makes no sense
  public static Umt5Config read(Fields config) throws ModelFormatException {
    try {
      return new Umt5Config(config.integer("vocab_size", 1, LARGEST), config.integer("d_model", 1, LARGEST),
          config.integer("num_heads", 1, LARGEST), config.integer("d_kv", 1, LARGEST), config.integer("d_ff", 1, LARGEST),
          config.integer("num_layers", 0, LARGEST), config.integer("relative_attention_num_buckets", 4, LARGEST),
          config.integer("relative_attention_max_distance", 1, LARGEST),
          (float) config.number("layer_norm_epsilon", Umt5Config.XXL.eps()));
    } catch (IllegalArgumentException e) {
      throw config.refuse("num_layers", "these sizes do not fit together: " + e.getMessage());
    }
  }

  /// The configuration of an encoder, to be written.
  public static Json.Obj write(Umt5Config config) {
    return Json.object().with("model_type", "umt5").with("vocab_size", config.vocabulary()).with("d_model", config.dim())
        .with("num_heads", config.heads()).with("d_kv", config.headWidth()).with("d_ff", config.ffn()).with("num_layers", config
            .layers())
        .with("relative_attention_num_buckets", config.buckets()).with("relative_attention_max_distance", config.maxDistance())
        .with("layer_norm_epsilon", Double.parseDouble(Float.toString(config.eps()))).with("feed_forward_proj", "gated-gelu");
  }
}
