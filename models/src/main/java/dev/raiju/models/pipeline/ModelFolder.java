package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentStatistics;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A model on disk, laid out as the diffusers library does: `transformer/`, `text_encoder/`, `tokenizer/`, `vae/`, each with its
/// `config.json` and weights. `raiju.json` beside them is the [Recipe]; its `"parts"` may name another folder for a part, so that a
/// teacher shares its student's text encoder.
///
/// @param path the folder
/// @param recipe how to run it
/// @param parts where each part lies
public record ModelFolder(Path path, Recipe recipe, Map<String, Path> parts) {
  private static final List<String> PARTS = List.of("transformer", "text_encoder", "tokenizer", "vae");

  /// Looks at a folder; nothing is loaded.
  ///
  /// @throws ModelFormatException if it is no model, or its recipe makes no sense
  public static ModelFolder open(Path path) throws IOException {
    if (!Files.isDirectory(path))
      throw new ModelFormatException(Reason.DIRECTORY_EMPTY, path.toString(),
          "no such folder; needs a model in the diffusers layout");
    Path file = path.resolve("raiju.json");
    Map<String, Path> parts = new LinkedHashMap<>();
    PARTS.forEach(part -> parts.put(part, path.resolve(part)));
    Recipe recipe = Recipe.WAN;
    if (Files.exists(file)) {
      Fields json = Fields.read(file);
      if (json.has("parts")) {
        Fields elsewhere = json.object("parts");
        for (String part : PARTS) {
          if (elsewhere.has(part)) parts.put(part, path.resolve(elsewhere.string(part)).normalize());
        }
        elsewhere.refuseUnknown();
      }
      recipe = Recipe.read(json);
    }
    for (var part : parts.entrySet()) {
      if (!Files.isDirectory(part.getValue())) {
        throw new ModelFormatException(Reason.DIRECTORY_EMPTY, path.toString(), part.getKey() + ": there is no folder " + part
            .getValue());
      }
    }
    return new ModelFolder(path, recipe, Map.copyOf(parts));
  }

  private Path part(String name) { return Objects.requireNonNull(parts.get(name)); }

  public UnigramTokenizer tokenizer() throws IOException {
    Path model = part("tokenizer").resolve("spiece.model");
    return UnigramTokenizer.load(Files.exists(model) ? model : part("tokenizer").resolve("tokenizer.json"));
  }

  public Umt5Encoder textEncoder(Device device) throws IOException {
    Fields config = Fields.read(part("text_encoder").resolve("config.json"));
    try (TensorFile weights = TensorFile.open(part("text_encoder"))) {
      return Umt5Weights.load(weights, Umt5Configs.read(config), device);
    }
  }

  public WanTransformer transformer(Device device) throws IOException {
    Fields config = Fields.read(part("transformer").resolve("config.json"));
    try (TensorFile weights = TensorFile.open(part("transformer"))) {
      return WanWeights.load(weights, WanConfigs.read(config), device);
    }
  }

  public TaeDecoder decoder(Device device) throws IOException {
    Optional<TaeConfig> config = autoencoderConfig();
    try (TensorFile weights = TensorFile.open(part("vae"))) {
      return TaeWeights.loadDecoder(weights, config.map(TaeConfig::latents).orElse(LatentStatistics.NONE), device);
    }
  }

  /// The whole autoencoder, where the folder has its encoder too.
  public Tae autoencoder(Device device) throws IOException {
    Optional<TaeConfig> config = autoencoderConfig();
    try (TensorFile weights = TensorFile.open(part("vae"))) {
      return TaeWeights.load(weights, config.isPresent() ? config.get() : TaeWeights.infer(weights), device);
    }
  }

  private Optional<TaeConfig> autoencoderConfig() throws IOException {
    Path config = part("vae").resolve("config.json");
    return Files.exists(config) ? Optional.of(TaeConfigs.read(Fields.read(config))) : Optional.empty();
  }
}
