package dev.raiju.export.cli;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import dev.raiju.training.data.TextFolding;
import dev.raiju.training.data.UnigramTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A model of a few thousand random weights, as a folder. Its clips are blotches.
final class TinyModel {
  static final Recipe FEW_STEP = new Recipe(Recipe.Kind.FEW_STEP, 2, 3, 1, "", 16, 16, 5, 8);
  static final Recipe GUIDED = new Recipe(Recipe.Kind.EULER, 3, 3, 2, "noise", 16, 16, 5, 8);

  private static final List<String> CAPTIONS = List.of("a red circle moves right", "a large blue star stays still",
      "a small green square moves left and a yellow triangle moves up");
  private static final TaeConfig.Level LEVEL = new TaeConfig.Level(6, 1, 2);

  private TinyModel() {}

  /// Writes a model into a new folder.
  static Path write(Path folder, Recipe recipe) throws IOException { return write(folder, recipe, 12); }

  /// @param textLength tokens of a prompt at most
  static Path write(Path folder, Recipe recipe, int textLength) throws IOException {
    Device device = Device.reference();
    SentencePieceModel words = UnigramTrainer.of(64).closed(true).folding(TextFolding.LOWER_CASE).train(CAPTIONS);
    Files.createDirectories(folder.resolve("tokenizer"));
    words.write(folder.resolve("tokenizer/spiece.model"));
    Files.writeString(folder.resolve("raiju.json"), recipe.write().pretty());

    Umt5Config text = new Umt5Config(words.pieces().size(), 12, 2, 6, 16, 2, 8, 16, 1e-6f);
    try (Umt5Encoder encoder = Umt5Encoder.create(text, Initializer.random(Rng.of(1), device))) {
      part(folder.resolve("text_encoder"), Umt5Configs.write(text), Umt5Weights.named(encoder, Umt5Weights.ORIGINAL));
    }
    WanConfig wan = new WanConfig(16, 2, 6, 24, 2, 12, textLength, 8, 4, 4, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000);
    try (WanTransformer plain = WanTransformer.create(wan, Initializer.random(Rng.of(2), device));
        WanTransformer busy = noisy(plain, device)) {
      part(folder.resolve("transformer"), WanConfigs.write(wan), WanWeights.named(busy, WanWeights.ORIGINAL));
    }
    TaeConfig tae = new TaeConfig(3, 2, 4, 6, List.of(LEVEL, LEVEL), List.of(LEVEL, LEVEL), 6);
    try (Tae autoencoder = Tae.create(tae, Initializer.random(Rng.of(3), device))) {
      part(folder.resolve("vae"), TaeConfigs.write(tae), TaeWeights.named(autoencoder));
    }
    return folder;
  }

  /// New transformers give zeros.
  private static WanTransformer noisy(WanTransformer plain, Device device) {
    Rng rng = Rng.of(4);
    return plain.map((_, t, _) -> Module.owned(() -> t.add(rng.draw(Distribution.NORMAL, DType.F32, t.shape(), device).mul(
        0.2))));
  }

  private static void part(Path folder, Json.Obj config, Map<String, Tensor> weights) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config.pretty());
    SafeTensors.write(folder.resolve("model.safetensors"), weights, Map.of());
  }
}
