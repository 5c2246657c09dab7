package dev.raiju.export.apple;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/// A clip to compare with on a device: what the model gives here.
///
/// @param prompt its text and seed
/// @param clip that they give
public record Golden(Prompt prompt, Clip clip) {
  /// Makes the clip.
  ///
  /// @param prompt as the package is made for it, with a seed
  static Golden make(ModelParts parts, Prompt prompt, Device device) throws IOException {
    // they are closed here, not by the pipeline, which may not come to be
    try (Umt5Encoder encoder = parts.textEncoder(device);
        WanTransformer transformer = parts.transformer(device);
        LatentDecoder<?> decoder = parts.decoder(device)) {
      VideoPipeline pipeline = VideoPipeline.of(parts.recipe(), device, parts.tokenizer(), encoder, transformer, decoder);
      return new Golden(prompt, pipeline.generate(prompt, Progress.NONE));
    }
  }

  /// What was asked for.
  String question() { return Json.object().with("prompt", prompt.text()).with("seed", prompt.seed()).pretty() + "\n"; }

  /// Bytes R, G, B of each pixel, row by row, frame by frame.
  void write(WritableByteChannel out) throws IOException {
    for (int frame = 0; frame < clip.frames(); frame++) out.write(ByteBuffer.wrap(clip.frame(frame)));
  }
}
