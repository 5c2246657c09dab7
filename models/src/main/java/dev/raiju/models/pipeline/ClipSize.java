package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.Shape;

/// Which sizes of clips a model can make: the first value of each, and those that are whole steps further on, up to the longest axis
/// that the transformer knows.
///
/// @param width pixels
/// @param height pixels
/// @param frames of the clip
/// @param space pixels of a latent position
/// @param time frames of a latent frame
record ClipSize(Axis width, Axis height, Axis frames, int space, int time) {
  static ClipSize of(int space, WanConfig.Patch patch, int time) {
    Axis width = Axis.of(space * patch.width(), space * patch.width());
    Axis height = Axis.of(space * patch.height(), space * patch.height());
    return new ClipSize(width, height, Axis.of(time * (patch.frames() - 1) + 1, time * patch.frames()), space, time);
  }

  /// The sizes along one axis: `first`, `first + step` and so on up to `last`.
  record Axis(int first, int step, int last) {
    static Axis of(int first, int step) { return new Axis(first, step, first + (WanConfig.LONGEST_AXIS - 1) * step); }

    /// The largest size that is not above `value`, or the first.
    int below(long value) { return (Math.clamp(value, first, last) - first) / step * step + first; }

    void require(String what, int value) {
      if (value == below(value)) return;
      String rule = what + ": " + value + ": must be a multiple of " + step + (first == step ? "" : " plus " + first);
      if (value < first || value > last) {
        throw new IllegalArgumentException(rule + " from " + first + " to " + last + "; the nearest is " + below(value));
      }
      throw new IllegalArgumentException(rule + "; the nearest are " + below(value) + " and " + (below(value) + step));
    }
  }

  /// The shape of the latent of a clip.
  ///
  /// @throws IllegalArgumentException if there is no such clip; the message has the nearest that there are
  Shape latent(int channels, int wide, int high, int count) {
    width.require("width", wide);
    height.require("height", high);
    frames.require("frames", count);
    return Shape.of(1, channels, (count - 1) / time + 1, high / space, wide / space);
  }
}
