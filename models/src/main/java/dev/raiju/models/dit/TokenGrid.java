package dev.raiju.models.dit;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;

/// How the tokens of a clip lie: row-major over time, height and width.
public record TokenGrid(int frames, int height, int width) {
  /// The grid of a latent.
  ///
  /// @param latent `[B, C, T, H, W]`
  /// @throws ShapeException if it does not divide into patches
  public static TokenGrid of(Shape latent, WanConfig config) {
    WanConfig.Patch patch = config.patch();
    if (latent.rank() != 5 || latent.size(1) != config.inChannels()) {
      throw new ShapeException("wan: latent %s; needs [B, %d, T, H, W]", latent, config.inChannels());
    }
    int frames = axis("frames", latent.size(2), patch.frames());
    int height = axis("height", latent.size(3), patch.height());
    return new TokenGrid(frames, height, axis("width", latent.size(4), patch.width()));
  }

  private static int axis(String name, long size, int patch) {
    if (size < patch || size % patch != 0) {
      long near = Math.max(patch, Math.round((double) size / patch) * patch);
      throw new ShapeException("wan: latent %s %d: must be a multiple of %d; nearest is %d", name, size, patch, near);
    }
    if (size / patch > WanConfig.LONGEST_AXIS) {
      throw new ShapeException("wan: latent %s %d: at most %d", name, size, patch * WanConfig.LONGEST_AXIS);
    }
    return Math.toIntExact(size / patch);
  }

  /// N.
  public long tokens() { return (long) frames * height * width; }
}
