package dev.raiju.models.pipeline;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// A clip in the making, black where nothing was put yet.
final class ClipCanvas {
  private final byte[][] pixels;
  private final int width;
  private final int height;
  private final int framesPerSecond;
  private long notNumbers;

  ClipCanvas(int frames, int width, int height, int framesPerSecond) {
    this.pixels = new byte[frames][Math.toIntExact(3L * height * width)];
    this.width = width;
    this.height = height;
    this.framesPerSecond = framesPerSecond;
  }

  /// Puts a rectangle of a few frames in its place.
  ///
  /// @param piece `[T, 3, H, W]` from 0 to 1; what is no number becomes black and is counted
  void put(Tensor piece, int first, int top, int left) {
    int wide = Math.toIntExact(piece.size(3));
    for (int t = 0; t < piece.size(0); t++) {
      try (Scope scope = Scope.open()) {
        interleave(piece.select(0, t).toFloats(), wide, pixels[first + t], top, left);
      }
    }
  }

  /// Three planes to pixels of three bytes.
  private void interleave(float[] planes, int wide, byte[] frame, int top, int left) {
    int plane = planes.length / 3;
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < plane; i++) {
        float value = planes[c * plane + i];
        if (!Float.isFinite(value)) notNumbers++;
        int at = (top + i / wide) * width + left + i % wide;
        // NaN narrows to 0
        frame[3 * at + c] = (byte) (Math.clamp(value, 0f, 1f) * 255 + 0.5f);
      }
    }
  }

  /// The clip; nothing may be put afterwards.
  Clip clip() { return new Clip(pixels, width, height, framesPerSecond, notNumbers); }
}
