package dev.raiju.models.vae;

import dev.raiju.tensor.ShapeException;
import java.util.List;

/// The sizes of a [WanVae], and how its latents are brought to a common scale.
///
/// @param dim channels of the finest level
/// @param multipliers channels of each level from fine to coarse, as multiples of `dim`
/// @param units residual units of a level of the encoder; the decoder has one more
/// @param time for each step from a level to the next coarser one, whether it also halves the number of frames
/// @param latentChannels channels of the latent
/// @param mean of each latent channel: what the transformer sees is `(latent - mean) / deviation`
/// @param deviation of each latent channel
public record WanVaeConfig(int dim, List<Integer> multipliers, int units, List<Boolean> time, int latentChannels,
    List<Double> mean, List<Double> deviation) {
  /// The autoencoder of Wan 2.1.
  public static final WanVaeConfig WAN_2_1 = new WanVaeConfig(96, List.of(1, 2, 4, 4), 2, List.of(false, true, true), 16,
      List.of(-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134, -0.0715, 0.5517, -0.3632, -0.1922,
          -0.9497, 0.2503, -0.2921),
      List.of(2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253,
          2.8251, 1.9160));

  /// R, G, B.
  static final int PIXEL_CHANNELS = 3;

  public WanVaeConfig {
    multipliers = List.copyOf(multipliers);
    time = List.copyOf(time);
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (dim < 1 || latentChannels < 1 || units < 1 || multipliers.isEmpty() || multipliers.stream().anyMatch(m -> m < 1)) {
      throw new ShapeException("wan vae: width %d x %s, %d units, %d latent channels; needs 1 or more of each", dim, multipliers,
          units, latentChannels);
    }
    if (time.size() != multipliers.size() - 1) {
      throw new ShapeException("wan vae: %d levels with %d steps between them; needs one step less", multipliers.size(), time
          .size());
    }
    if (mean.size() != latentChannels || deviation.size() != latentChannels || !deviation.stream().allMatch(d -> d > 0)) {
      throw new ShapeException(
          "wan vae: %d means and %d deviations for %d latent channels; needs one for each, deviations above 0",
          mean.size(), deviation.size(), latentChannels);
    }
    for (int level = 1; level < multipliers.size(); level++) {
      if (dim * multipliers.get(level) % 2 != 0)
        throw new ShapeException("wan vae: level %d has %d channels; the decoder halves them, needs an even number", level, dim
            * multipliers.get(level));
    }
  }

  /// Between the latents of this autoencoder and those that the transformer sees.
  LatentStatistics latents() { return new LatentStatistics(mean, deviation); }

  /// How many levels there are.
  int levels() { return multipliers.size(); }

  /// Channels of a level, 0 being the finest.
  int width(int level) { return Math.multiplyExact(dim, multipliers.get(level)); }

  /// How many pixels, in height and in width, make a latent position.
  public int spaceFactor() { return 1 << time.size(); }

  /// How many frames make a latent frame, but for the first, which is one.
  public int timeFactor() { return 1 << time.stream().filter(halved -> halved).count(); }

  /// How many frames a latent of `latentFrames` frames decodes to: `factor · (latentFrames - 1) + 1`.
  public long frames(long latentFrames) { return timeFactor() * (latentFrames - 1) + 1; }
}
