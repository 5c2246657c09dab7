package dev.raiju.models.vae;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;

/// What turns the latents of the transformer into frames: a [TaeDecoder] or a [WanVaeDecoder].
///
/// @param <M> the decoder's own type
public sealed interface LatentDecoder<M extends LatentDecoder<M>> extends Module<M> permits TaeDecoder, WanVaeDecoder {
  /// How many channels a latent has.
  int latentChannels();

  /// How many frames a latent frame becomes, but for the first of a clip, which becomes one.
  int timeFactor();

  /// How many pixels, in height and in width, a latent position becomes.
  int spaceFactor();

  /// What the smallest pieces take beside the weights.
  ///
  /// @param latent `[1, C, t, h, w]`
  long leastBytes(Shape latent);

  /// Decodes one latent piece by piece, in memory that does not grow with the length of the clip.
  ///
  /// @param latent `[1, C, t, h, w]`, on the scale of the transformer
  /// @param bytes what it may take beside the weights: it takes less and longer where it must, with the same result to the bit
  /// @throws IllegalArgumentException if even the smallest pieces take more
  void decode(Tensor latent, long bytes, FrameSink sink);
}
