package dev.raiju.models.verify;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.ArrayList;
import java.util.List;

/// Models' sizes as golden files tell them.
public final class GoldenConfigs {
  private static final int MEMORY_BLOCKS = 3;

  private GoldenConfigs() {}

  /// A transformer as it was before pruning.
  public static WanConfig wan(Fields config) throws ModelFormatException {
    if (!config.flag("qk_norm", true)) throw config.refuse("qk_norm", "off; only transformers with it are known");
    if (!config.flag("cross_attn_norm", true)) throw config.refuse("cross_attn_norm", "off; only transformers with it are known");
    int dim = size(config, "dim");
    int heads = size(config, "num_heads");
    long[] patch = config.integers("patch_size");
    if (patch.length != 3 || dim % heads != 0) throw config.refuse("dim", "does not fit num_heads and patch_size");
    return new WanConfig(dim, heads, dim / heads, size(config, "ffn_dim"), size(config, "num_layers"), size(config, "text_dim"),
        size(config, "text_len"), size(config, "freq_dim"), size(config, "in_dim"), size(config, "out_dim"), new WanConfig.Patch(
            Math.toIntExact(patch[0]), Math.toIntExact(patch[1]), Math.toIntExact(patch[2])), (float) config.number("eps"),
        WanConfig.WAN_1_3B.ropeTheta());
  }

  /// A transformer after pruning, where the file has one.
  public static WanConfig prunedWan(Fields config) throws ModelFormatException {
    WanConfig whole = wan(config);
    return whole.withHeads((int) config.integer("heads_kept", whole.heads())).withFfn((int) config.integer("ffn_kept", whole
        .ffn()));
  }

  public static Umt5Config umt5(Fields config) throws ModelFormatException {
    int heads = size(config, "num_heads");
    return new Umt5Config(size(config, "vocab_size"), size(config, "dim"), heads, size(config, "dim_attn") / heads, size(config,
        "dim_ffn"), size(config, "num_layers"), size(config, "num_buckets"), size(config, "max_distance"), (float) config.number(
            "eps"));
  }

  /// A tiny autoencoder with the layer list of the published one.
  public static TaeConfig tae(Fields config) throws ModelFormatException {
    int width = size(config, "enc_width");
    long[] widths = config.integers("dec_widths");
    List<Boolean> down = flags(config, "encoder_time_downscale", List.of(true, true, false));
    List<Boolean> up = flags(config, "decoder_time_upscale", List.of(false, true, true));
    if (widths.length != up.size() + 1) throw config.refuse("dec_widths", "not one more than decoder_time_upscale");
    List<Level> encoder = new ArrayList<>();
    for (boolean pooled : down) encoder.add(new Level(width, MEMORY_BLOCKS, pooled ? 2 : 1));
    List<Level> decoder = new ArrayList<>();
    for (int i = 0; i < up.size(); i++) decoder.add(new Level(Math.toIntExact(widths[i]), MEMORY_BLOCKS, up.get(i) ? 2 : 1));
    return new TaeConfig((int) config.integer("image_channels", 3), (int) config.integer("patch_size", 1), (int) config.integer(
        "latent_channels", 16), width, encoder, decoder, Math.toIntExact(widths[widths.length - 1]));
  }

  private static List<Boolean> flags(Fields config, String name, List<Boolean> fallback) throws ModelFormatException {
    if (!config.has(name)) return fallback;
    List<Boolean> flags = new ArrayList<>();
    if (!(config.value(name) instanceof Json.Arr(List<Json> items))) throw config.refuse(name, "no array");
    for (Json item : items) {
      if (!(item instanceof Json.Bool(boolean flag))) throw config.refuse(name, "needs true and false only");
      flags.add(flag);
    }
    return flags;
  }

  private static int size(Fields config, String name) throws ModelFormatException { return config.integer(name, 1, 1 << 24); }
}
