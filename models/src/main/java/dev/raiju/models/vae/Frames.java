package dev.raiju.models.vae;

import dev.raiju.tensor.Tensor;

/// Between images and the clips that they are frames of.
final class Frames {
  private Frames() {}

  /// `[B · T, C, H, W]` as `[B, T, C, H, W]`.
  static Tensor apart(Tensor images, long batch) {
    return images.reshape(batch, images.size(0) / batch, images.size(1), images.size(2), images.size(3));
  }
}
