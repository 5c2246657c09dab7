package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Path;

/// Reads single parts of a model that is not whole yet, in f32, to be trained.
record ModelReader(Path folder, Device device) {
  WanTransformer transformer() throws IOException {
    Path part = folder.resolve("transformer");
    try (TensorFile file = TensorFile.open(part);
        WanTransformer stored = WanWeights.load(file, WanConfigs.read(Fields.read(part.resolve("config.json"))), device)) {
      return stored.to(DType.F32);
    }
  }

  Umt5Encoder textEncoder() throws IOException {
    Path part = folder.resolve("text_encoder");
    try (TensorFile file = TensorFile.open(part);
        Umt5Encoder stored = Umt5Weights.load(file, Umt5Configs.read(Fields.read(part.resolve("config.json"))), device)) {
      return stored.to(DType.F32);
    }
  }

  UnigramTokenizer tokenizer() throws IOException { return UnigramTokenizer.load(folder.resolve("tokenizer/spiece.model")); }

  Tae autoencoder() throws IOException {
    Path part = folder.resolve("vae");
    try (TensorFile file = TensorFile.open(part);
        Tae stored = TaeWeights.load(file, TaeConfigs.read(Fields.read(part.resolve("config.json"))), device)) {
      return stored.to(DType.F32);
    }
  }

  /// Which stage wrote the transformer.
  String stage() throws IOException {
    try (TensorFile file = TensorFile.open(folder.resolve("transformer"))) {
      return file.metadata().getOrDefault(ModelWriter.STAGE, "none");
    }
  }
}
