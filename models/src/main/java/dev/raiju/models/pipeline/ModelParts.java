package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.util.Optional;

/// Where the parts of a model come from, one by one and as often as they are asked for. Whoever takes a part closes it.
public interface ModelParts {
  /// How to run the model.
  Recipe recipe();

  UnigramTokenizer tokenizer() throws IOException;

  Umt5Encoder textEncoder(Device device) throws IOException;

  WanTransformer transformer(Device device) throws IOException;

  LatentDecoder<?> decoder(Device device) throws IOException;

  /// A tiny decoder for previews, if there is one beside the decoder.
  Optional<TaeDecoder> previewer(Device device) throws IOException;
}
