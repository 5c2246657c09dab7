package dev.raiju.models.pipeline.image;

/// A part of a frame, in pixels from the top left.
record Rectangle(int x, int y, int width, int height) {
  /// The smallest part that holds every pixel in which two frames differ; a single pixel if they are equal, because no animation
  /// format stores an empty frame.
  ///
  /// @param before rows of `width` pixels, `bytes` bytes a pixel; `after` as well
  static Rectangle ofChange(byte[] before, byte[] after, int width, int bytes) {
    int left = width;
    int right = -1;
    int top = -1;
    int bottom = -1;
    for (int i = 0; i < after.length; i++) {
      if (before[i] == after[i]) continue;
      int x = i / bytes % width;
      bottom = i / bytes / width;
      if (top < 0) top = bottom;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
    return right < 0 ? new Rectangle(0, 0, 1, 1) : new Rectangle(left, top, right - left + 1, bottom - top + 1);
  }
}
