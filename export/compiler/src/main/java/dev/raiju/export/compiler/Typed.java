package dev.raiju.export.compiler;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.util.Optional;

/// A model with the matrices of its transformer in chosen types.
record Typed(ModelParts parts, WeightTypes types) implements ModelParts {
  @Override
  public Recipe recipe() { return parts.recipe(); }

  @Override
  public UnigramTokenizer tokenizer() throws IOException { return parts.tokenizer(); }

  @Override
  public Umt5Encoder textEncoder(Device device) throws IOException { return parts.textEncoder(device); }

  @Override
  public WanTransformer transformer(Device device) throws IOException {
    try (WanTransformer stored = parts.transformer(device)) {
      return stored.narrow(types);
    }
  }

  @Override
  public LatentDecoder<?> decoder(Device device) throws IOException { return parts.decoder(device); }

  @Override
  public Optional<TaeDecoder> previewer(Device device) throws IOException { return parts.previewer(device); }
}
