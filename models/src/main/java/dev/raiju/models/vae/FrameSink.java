package dev.raiju.models.vae;

import dev.raiju.tensor.Tensor;

/// Takes what a decoder makes of a latent, piece by piece.
@FunctionalInterface
public interface FrameSink {
  /// Takes a piece; an exception ends the decoding.
  void take(Piece piece);

  /// A rectangle of a few frames, as it will stay.
  ///
  /// @param frames `[T, 3, H, W]` from 0 to 1; closed afterwards
  /// @param first the number of the first of the frames
  /// @param top the first row
  /// @param left the first column
  /// @param done how many pieces there were, this one included
  /// @param total how many there will be
  record Piece(Tensor frames, int first, int top, int left, int done, int total) {}
}
