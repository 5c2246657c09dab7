package dev.raiju.models.vae;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The `config.json` of Wan's autoencoder, with the keys of the diffusers library.
public final class WanVaeConfigs {
  /// What diffusers calls it.
  public static final String CLASS = "AutoencoderKLWan";

  private static final int LARGEST = 1 << 16;

  private WanVaeConfigs() {}

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing or makes no sense, or asks for what we do not have
  public static WanVaeConfig read(Fields config) throws ModelFormatException {
    if (config.has("attn_scales") && config.numbers("attn_scales").length > 0) {
      throw config.refuse("attn_scales", "is not empty; only attention in the middle is known");
    }
    // the autoencoder of Wan 2.2 adds both
    if (config.flag("is_residual", false)) throw config.refuse("is_residual", "is true; needs the autoencoder of Wan 2.1");
    if (config.has("patch_size")) throw config.refuse("patch_size", "is given; needs the autoencoder of Wan 2.1");
    List<Integer> multipliers = new ArrayList<>();
    for (long multiplier : config.integers("dim_mult")) {
      if (multiplier < 1 || multiplier > LARGEST)
        throw config.refuse("dim_mult", "has " + multiplier + "; needs 1 to " + LARGEST);
      multipliers.add((int) multiplier);
    }
    WanVaeConfig wan = WanVaeConfig.WAN_2_1;
    try {
      return new WanVaeConfig(config.integer(config.has("base_dim") ? "base_dim" : "dim", 1, LARGEST), multipliers, config
          .integer("num_res_blocks", 1, LARGEST), flags(config, "temperal_downsample"), config.integer("z_dim", 1, LARGEST),
          numbers(config, "latents_mean", wan.mean()), numbers(config, "latents_std", wan.deviation()));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw config.refuse("dim_mult", "these sizes do not fit together: " + e.getMessage());
    }
  }

  private static List<Boolean> flags(Fields config, String name) throws ModelFormatException {
    if (!(config.value(name) instanceof Json.Arr(List<Json> items))) throw config.refuse(name, "is no array");
    List<Boolean> flags = new ArrayList<>();
    for (Json item : items) {
      if (!(item instanceof Json.Bool(boolean flag))) throw config.refuse(name, "needs true and false only");
      flags.add(flag);
    }
    return flags;
  }

  private static List<Double> numbers(Fields config, String name, List<Double> fallback) throws ModelFormatException {
    return config.has(name) ? Arrays.stream(config.numbers(name)).boxed().toList() : fallback;
  }

  /// The configuration of an autoencoder, to be written.
  public static Json.Obj write(WanVaeConfig config) {
    return Json.object().with("_class_name", CLASS).with("base_dim", config.dim()).with("z_dim", config.latentChannels())
        .with("dim_mult", array(config.multipliers().stream().map(m -> Json.of((int) m)).toList()))
        .with("num_res_blocks", config.units()).with("attn_scales", Json.array())
        .with("temperal_downsample", array(config.time().stream().map(Json.Bool::new).toList()))
        .with("dropout", 0.0).with("latents_mean", array(config.mean().stream().map(Json::of).toList()))
        .with("latents_std", array(config.deviation().stream().map(Json::of).toList()));
  }

  private static Json array(List<? extends Json> items) { return Json.array(items.toArray(Json[]::new)); }
}
