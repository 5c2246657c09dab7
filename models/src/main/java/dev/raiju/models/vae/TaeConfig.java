package dev.raiju.models.vae;

import dev.raiju.tensor.ShapeException;
import java.util.List;

/// The sizes of a [Tae].
///
/// The encoder goes from pixels to `stem` channels and then down its levels: at each, frames are pooled by `time`, height and width
/// are halved, channels become `width`, and `blocks` memory blocks follow. The decoder goes up its levels: at each, `blocks` memory
/// blocks of `width` channels, height and width doubled, frames grown by `time`; it ends with `last` channels and pixels.
///
/// @param imageChannels 3
/// @param patch pixels of `patch · patch` are put on channels first; 1 for none
/// @param latentChannels channels of the latent
/// @param stem channels after the encoder's first convolution
/// @param encoder levels of the encoder, from fine to coarse
/// @param decoder levels of the decoder, from coarse to fine
/// @param last channels before the decoder's last convolution
/// @param latents what the encoder's weights have taken from the latents, so that the decoder puts it back
public record TaeConfig(int imageChannels, int patch, int latentChannels, int stem, List<Level> encoder, List<Level> decoder,
    int last, LatentStatistics latents) {
  /// The tiny autoencoder for the latents of Wan 2.1. Bohan 2025, <https://github.com/madebyollin/taehv>.
  public static final TaeConfig TAEW2_1 = new TaeConfig(3, 1, 16, 64, List.of(new Level(64, 3, 2), new Level(64, 3, 2), new Level(
      64, 3, 1)), List.of(new Level(256, 3, 1), new Level(128, 3, 2), new Level(64, 3, 2)), 64);
  /// The autoencoder of the small shipped model.
  public static final TaeConfig SMALL = new TaeConfig(3, 2, 16, 24, List.of(new Level(48, 1, 2), new Level(96, 2, 2)), List.of(
      new Level(96, 2, 2), new Level(48, 1, 2)), 24);

  /// A level of a half.
  ///
  /// @param width channels
  /// @param blocks how many memory blocks
  /// @param time by how much frames are pooled or grown: 1 or 2
  public record Level(int width, int blocks, int time) {
    public Level {
      if (width < 1 || blocks < 0 || time < 1 || time > 2)
        throw new ShapeException("tae: level of width %d, %d blocks, time %d; time must be 1 or 2", width, blocks, time);
    }
  }

  public TaeConfig {
    encoder = List.copyOf(encoder);
    decoder = List.copyOf(decoder);
    if (imageChannels < 1 || patch < 1 || latentChannels < 1 || stem < 1 || last < 1) {
      throw new ShapeException("tae: sizes must be positive: channels %d and %d, patch %d, widths %d and %d", imageChannels,
          latentChannels, patch, stem, last);
    }
    if (encoder.size() != decoder.size() || time(encoder) != time(decoder)) {
      throw new ShapeException("tae: %d levels with time x %d down, %d with time x %d up; both must be equal", encoder.size(),
          time(encoder), decoder.size(), time(decoder));
    }
    if (latents.channels() != 0 && latents.channels() != latentChannels) {
      throw new ShapeException("tae: statistics of %d channels for latents of %d", latents.channels(), latentChannels);
    }
  }

  /// Latents are used as they are.
  public TaeConfig(int imageChannels, int patch, int latentChannels, int stem, List<Level> encoder, List<Level> decoder,
      int last) {
    this(imageChannels, patch, latentChannels, stem, encoder, decoder, last, LatentStatistics.NONE);
  }

  /// The same sizes with other statistics.
  public TaeConfig with(LatentStatistics statistics) {
    return new TaeConfig(imageChannels, patch, latentChannels, stem, encoder, decoder, last, statistics);
  }

  static int time(List<Level> levels) { return levels.stream().mapToInt(Level::time).reduce(1, (a, b) -> a * b); }

  /// Channels of the first and the last convolution on the side of the pixels.
  int pixelChannels() { return imageChannels * patch * patch; }

  /// How many frames make a latent frame.
  public int timeFactor() { return time(encoder); }

  /// How many pixels, in height and in width, make a latent position.
  public int spaceFactor() { return patch << encoder.size(); }

  /// How many frames a latent of `latentFrames` frames decodes to: `factor · (latentFrames - 1) + 1`.
  public long frames(long latentFrames) { return timeFactor() * (latentFrames - 1) + 1; }

  /// How many latent frames a clip of `frames` frames becomes: a quarter, rounded up, for a factor of four.
  public long latentFrames(long frames) { return (frames + timeFactor() - 1) / timeFactor(); }
}
