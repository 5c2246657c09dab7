package dev.raiju.models.vae;

import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/// The `config.json` of a tiny autoencoder. The format is ours, since the published files have none.
public final class TaeConfigs {
  private static final int LARGEST = 1 << 16;

  private TaeConfigs() {}

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing or makes no sense
  public static TaeConfig read(Fields config) throws ModelFormatException {
    try {
      return new TaeConfig(config.integer("image_channels", 1, LARGEST), config.integer("patch", 1, LARGEST),
          config.integer("latent_channels", 1, LARGEST), config.integer("stem", 1, LARGEST), levels(config.objects("encoder")),
          levels(config.objects("decoder")), config.integer("last", 1, LARGEST), statistics(config));
    } catch (IllegalArgumentException e) {
      throw config.refuse("encoder", "these sizes do not fit together: " + e.getMessage());
    }
  }

  private static LatentStatistics statistics(Fields config) throws ModelFormatException {
    if (!config.has("latents_mean")) return LatentStatistics.NONE;
    return new LatentStatistics(DoubleStream.of(config.numbers("latents_mean")).boxed().toList(), DoubleStream.of(config.numbers(
        "latents_std")).boxed().toList());
  }

  private static List<Level> levels(List<Fields> levels) throws ModelFormatException {
    List<Level> read = new ArrayList<>();
    for (Fields level : levels) {
      read.add(new Level(level.integer("width", 1, LARGEST), level.integer("blocks", 0, LARGEST), level.integer("time", 1, 2)));
    }
    return read;
  }

  /// The configuration of an autoencoder, to be written.
  public static Json.Obj write(TaeConfig config) {
    Json.Obj json = Json.object().with("_class_name", "TinyAutoencoder").with("image_channels", config.imageChannels()).with(
        "patch",
        config.patch())
        .with("latent_channels", config.latentChannels()).with("stem", config.stem()).with("encoder", levelsJson(config
            .encoder()))
        .with("decoder", levelsJson(config.decoder())).with("last", config.last());
    if (config.latents().channels() == 0) return json;
    return json.with("latents_mean", numbers(config.latents().mean())).with("latents_std", numbers(config.latents().deviation()));
  }

  private static Json numbers(List<Double> values) { return Json.array(values.stream().map(Json::of).toArray(Json[]::new)); }

  private static Json levelsJson(List<Level> levels) {
    return Json.array(levels.stream().map(level -> (Json) Json.object().with("width", level.width()).with("blocks", level
        .blocks())
        .with("time", level.time())).toArray(Json[]::new));
  }
}
