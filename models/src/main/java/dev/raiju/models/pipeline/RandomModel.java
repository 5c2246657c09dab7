package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A model folder of given shapes with random weights: for finding out what a model takes that is not at hand.
///
/// @param transformer the sizes; its text width is the encoder's
/// @param encoder the sizes; its weights are of 4 bits as MLX has them, those of the transformer bf16
/// @param autoencoder the sizes
/// @param tokenizer a `spiece.model`, copied; its ids must be fewer than the encoder's
/// @param sharedEncoder the folder of a text encoder that takes the place of one of its own, if there is one
/// @param seed of the weights
public record RandomModel(WanConfig transformer, Umt5Config encoder, TaeConfig autoencoder, Path tokenizer,
    Optional<Path> sharedEncoder, long seed) {
  /// Runs in four steps without guidance, as a distilled model does, and in any other number.
  private static final Recipe RECIPE = new Recipe(Recipe.Kind.EULER, 4, 5, 1, "", 320, 192, 17, 16);

  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  /// Writes the folder. The recipe is written last: a folder without one is not complete.
  ///
  /// @throws IllegalArgumentException if there is such a folder
  public void write(Path folder) throws IOException {
    if (Files.exists(folder)) throw new IllegalArgumentException(folder + " is there already; name a new folder");
    Durable disk = Durable.system();
    disk.makeDirectory(folder);
    Json.Obj recipe = RECIPE.write();
    if (sharedEncoder.isPresent()) {
      recipe = recipe.with("parts", Json.object().with("text_encoder", folder.toAbsolutePath().normalize().relativize(
          sharedEncoder.get().toAbsolutePath().normalize()).toString().replace('\\', '/')));
    } else {
      try (Umt5Encoder skeleton = Umt5Encoder.create(encoder, Initializer.shapes(Device.reference()))) {
        part(folder, "text_encoder", "model.safetensors", RandomWeights.of(skeleton, Umt5Weights.names(),
            Umt5Weights.HUGGING_FACE, true, seed), Umt5Configs.write(encoder));
      }
    }
    try (WanTransformer skeleton = WanTransformer.create(transformer, Initializer.shapes(Device.reference()))) {
      part(folder, "transformer", WEIGHTS, RandomWeights.of(skeleton, WanWeights.names(), WanWeights.DIFFUSERS, false, seed + 1),
          WanConfigs.write(transformer));
    }
    try (Tae skeleton = Tae.create(autoencoder, Initializer.shapes(Device.reference()))) {
      part(folder, "vae", WEIGHTS, RandomWeights.of(skeleton, TaeWeights.names(autoencoder), TaeWeights.ORIGINAL, false, seed
          + 2), TaeConfigs.write(autoencoder));
    }
    disk.makeDirectory(folder.resolve("tokenizer"));
    disk.write(folder.resolve("tokenizer/spiece.model"), Files.readAllBytes(tokenizer));
    disk.write(folder.resolve("raiju.json"), recipe.pretty());
  }

  private static void part(Path folder, String name, String file, Durable.Contents weights, Json.Obj config) throws IOException {
    Path part = folder.resolve(name);
    Durable.system().makeDirectory(part);
    Durable.system().write(part.resolve(file), weights);
    Durable.system().write(part.resolve("config.json"), config.pretty());
  }
}
