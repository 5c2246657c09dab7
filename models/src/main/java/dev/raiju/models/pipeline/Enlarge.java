package dev.raiju.models.pipeline;

import java.util.ArrayList;
import java.util.List;

/// Enlarges small clips for viewing, by a whole factor and the nearest pixel: a player would blur them.
///
/// The factor is even, so that no two pixels share one colour where video stores colour for 2 x 2 pixels (4:2:0).
public final class Enlarge {
  /// The width that a clip gets at least.
  public static final int WIDTH = 256;

  private Enlarge() {}

  /// 1 if `width` is at least [#WIDTH], else the smallest even factor that makes it so.
  public static int factor(int width) { return width >= WIDTH ? 1 : 2 * Math.ceilDiv(WIDTH, 2 * width); }

  /// This clip if it is at least [#WIDTH] wide, else every pixel repeated [#factor] times across and down.
  public static Clip forViewing(Clip clip) {
    int factor = factor(clip.width());
    if (factor == 1) return clip;
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < clip.frames(); t++) frames.add(repeat(clip.frame(t), clip.width(), 3, factor));
    return Clip.ofRgb(frames, clip.width() * factor, clip.height() * factor, clip.framesPerSecond());
  }

  /// Rows of `width` pixels of `bytes` bytes each, every pixel repeated across and down.
  public static byte[] repeat(byte[] pixels, int width, int bytes, int factor) {
    int wide = Math.multiplyExact(width * bytes, factor);
    byte[] large = new byte[Math.multiplyExact(Math.multiplyExact(pixels.length, factor), factor)];
    for (int row = 0; row < pixels.length / (width * bytes); row++) {
      int first = row * factor * wide;
      for (int x = 0; x < width; x++) {
        for (int copy = 0; copy < factor; copy++) {
          System.arraycopy(pixels, (row * width + x) * bytes, large, first + (x * factor + copy) * bytes, bytes);
        }
      }
      for (int copy = 1; copy < factor; copy++) System.arraycopy(large, first, large, first + copy * wide, wide);
    }
    return large;
  }
}
