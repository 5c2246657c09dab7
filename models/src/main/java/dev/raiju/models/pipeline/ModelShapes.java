package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.graph.Planning;
import java.io.IOException;

/// What must be known of a model before any of its weights is read.
///
/// @param size which sizes of clips it makes
/// @param channels of its latents
/// @param textLength tokens that it reads at most
/// @param decoder the decoder's weights
record ModelShapes(ClipSize size, int channels, int textLength, Weights decoder) {
  /// @throws ShapeException if transformer and decoder are not for the same latents
  static ModelShapes of(WanConfig wan, LatentDecoder<?> decoder) {
    if (decoder.latentChannels() != wan.inChannels()) {
      throw new ShapeException("pipeline: the decoder takes latents of %d channels and the transformer makes %d", decoder
          .latentChannels(), wan.inChannels());
    }
    ClipSize size = ClipSize.of(decoder.spaceFactor(), wan.patch(), decoder.timeFactor());
    return new ModelShapes(size, wan.inChannels(), wan.textLength(), Weights.of(decoder));
  }

  /// Looks at parts on a device that computes nothing.
  static ModelShapes of(ModelParts parts) throws IOException {
    Device nowhere = Planning.of(Device.reference()).device();
    try (WanTransformer transformer = parts.transformer(nowhere); LatentDecoder<?> decoder = parts.decoder(nowhere)) {
      return of(transformer.config(), decoder);
    }
  }
}
