package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.training.loop.History;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// Writes the parts of a model in the diffusers layout, weights in f16. Every file is there as a whole or not at all.
final class ModelWriter {
  /// Which stage wrote a file, among its metadata.
  static final String STAGE = "raiju.stage";

  /// Steps of a curve that are all kept, and then every so many: enough to compare a new run with, and to draw.
  private static final int CURVE_FIRST = 50;
  private static final int CURVE_EVERY = 20;

  private final Path folder;
  private final String stage;
  private final Map<String, String> metadata;
  private final Durable durable = Durable.system();

  ModelWriter(Path folder, String stage) {
    this.folder = folder;
    this.stage = stage;
    this.metadata = Map.of("format", "pt", STAGE, stage);
  }

  void transformer(WanTransformer transformer) throws IOException {
    Path part = part("transformer");
    try (WanTransformer half = transformer.to(DType.F16)) {
      SafeTensors.write(part.resolve("diffusion_pytorch_model.safetensors"), WanWeights.named(half, WanWeights.DIFFUSERS),
          metadata);
    }
    config(part, WanConfigs.write(transformer.config()));
  }

  void textEncoder(Umt5Encoder encoder) throws IOException {
    Path part = part("text_encoder");
    try (Umt5Encoder half = encoder.to(DType.F16)) {
      SafeTensors.write(part.resolve("model.safetensors"), Umt5Weights.named(half, Umt5Weights.HUGGING_FACE), metadata);
    }
    config(part, Umt5Configs.write(encoder.config()));
  }

  void tokenizer(SentencePieceModel model) throws IOException { model.write(part("tokenizer").resolve("spiece.model")); }

  void autoencoder(Tae tae) throws IOException {
    Path part = part("vae");
    try (Tae half = tae.to(DType.F16)) {
      SafeTensors.write(part.resolve("diffusion_pytorch_model.safetensors"), TaeWeights.named(half), metadata);
    }
    config(part, TaeConfigs.write(tae.config()));
  }

  /// What the stage measured on its way.
  void curve(History history) throws IOException {
    durable.write(part("curves").resolve(stage + ".csv"), history.csv(CURVE_FIRST, CURVE_EVERY));
  }

  /// @param parts where parts lie that are not in this folder
  void recipe(Recipe recipe, Map<String, String> parts) throws IOException {
    Json.Obj json = recipe.write();
    if (!parts.isEmpty()) {
      Json.Obj elsewhere = Json.object();
      for (var part : parts.entrySet()) elsewhere = elsewhere.with(part.getKey(), part.getValue());
      json = json.with("parts", elsewhere);
    }
    durable.makeDirectory(folder);
    durable.write(folder.resolve("raiju.json"), json.pretty() + "\n");
  }

  private void config(Path part, Json.Obj json) throws IOException {
    durable.write(part.resolve("config.json"), json.pretty() + "\n");
  }

  private Path part(String name) throws IOException {
    Path part = folder.resolve(name);
    durable.makeDirectory(part);
    return part;
  }
}
