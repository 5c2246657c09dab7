package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.Shape;

/// Which sizes of clips a model can make.
///
/// @param width pixels must be a multiple of it
/// @param height pixels must be a multiple of it
/// @param frames the number of frames less one must be a multiple of it
/// @param space pixels of a latent position
record ClipSize(int width, int height, int frames, int space) {
  static ClipSize of(int space, WanConfig.Patch patch, int time) {
    return new ClipSize(space * patch.width(), space * patch.height(), time, space);
  }

  /// The shape of the latent of a clip.
  ///
  /// @throws IllegalArgumentException if there is no such clip; the message has the nearest that there are
  Shape latent(int channels, int wide, int high, int count) {
    requireMultiple("width", wide, width, 0);
    requireMultiple("height", high, height, 0);
    requireMultiple("frames", count, frames, 1);
    return Shape.of(1, channels, (count - 1) / frames + 1, high / space, wide / space);
  }

  private static void requireMultiple(String what, int value, int step, int first) {
    if (value > 0 && (value - first) % step == 0) return;
    int below = Math.max(first == 0 ? step : first, (value - first) / step * step + first);
    int above = below + step;
    throw new IllegalArgumentException(what + ": " + value + ": must be a multiple of " + step + (first == 0
        ? ""
        : " plus " + first) + "; the nearest are " + below
        + " and " + above);
  }
}
