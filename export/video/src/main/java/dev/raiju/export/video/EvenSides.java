package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.util.ArrayList;
import java.util.List;

/// Makes the sides of a clip even, as 4:2:0 needs, by showing the last column or row twice.
final class EvenSides {
  private EvenSides() {}

  static Clip of(Clip clip) {
    int width = clip.width() + clip.width() % 2;
    int height = clip.height() + clip.height() % 2;
    if (width == clip.width() && height == clip.height()) return clip;
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < clip.frames(); t++) {
      byte[] from = clip.frame(t);
      byte[] to = new byte[3 * width * height];
      for (int y = 0; y < height; y++) {
        int row = 3 * clip.width() * Math.min(y, clip.height() - 1);
        System.arraycopy(from, row, to, 3 * width * y, 3 * clip.width());
        System.arraycopy(from, row + 3 * (clip.width() - 1), to, 3 * (width * (y + 1) - 1), 3);
      }
      frames.add(to);
    }
    return Clip.ofRgb(frames, width, height, clip.framesPerSecond());
  }
}
