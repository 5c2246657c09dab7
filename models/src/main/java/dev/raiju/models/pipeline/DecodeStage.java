package dev.raiju.models.pipeline;

import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.vae.FrameSink;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Tensor;

/// The last stage of a clip: from a latent to frames, piece by piece, so that memory does not grow with the length of the clip.
///
/// @param bytes what decoding may take beside the weights; if the smallest pieces take more, they are taken all the same
record DecodeStage(LatentDecoder<?> decoder, int framesPerSecond, long bytes) {
  /// Decodes, and tells of every piece.
  Clip clip(Tensor latent, Progress progress) {
    progress.report(new Part(Stage.DECODE, 0, Math.toIntExact(latent.size(2))));
    return painted(latent, piece -> progress.report(new Part(Stage.DECODE, piece.done(), piece.total())));
  }

  /// Decodes in silence.
  Clip clip(Tensor latent) { return painted(latent, _ -> {}); }

  /// @param told of every piece, after it is in its place
  private Clip painted(Tensor latent, FrameSink told) {
    int frames = Math.toIntExact((latent.size(2) - 1) * decoder.timeFactor() + 1);
    int width = Math.toIntExact(latent.size(4) * decoder.spaceFactor());
    int height = Math.toIntExact(latent.size(3) * decoder.spaceFactor());
    ClipCanvas canvas = new ClipCanvas(frames, width, height, framesPerSecond);
    run(latent, piece -> {
      canvas.put(piece.frames(), piece.first(), piece.top(), piece.left());
      told.take(piece);
    });
    return canvas.clip();
  }

  /// Decodes into anything.
  void run(Tensor latent, FrameSink sink) {
    decoder.decode(latent, Math.max(bytes, decoder.leastBytes(latent.shape())), sink);
  }
}
