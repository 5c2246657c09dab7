package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;
import java.util.Arrays;

/// Clips that are spoiled at one frame.
final class InTime {
  private InTime() {}

  /// Nothing is there.
  static Frames missing(Frames frames, int frame) {
    byte[] rgb = frames.rgb().clone();
    for (int i = frames.offset(frame, 0, 0); i < frames.offset(frame + 1, 0, 0); i++) rgb[i] = frames.rgb()[i % 3];
    return Frames.of(frames.count(), frames.height(), frames.width(), rgb);
  }

  /// Everything is half as bright.
  static Frames dimmed(Frames frames, int frame) {
    byte[] rgb = frames.rgb().clone();
    for (int i = frames.offset(frame, 0, 0); i < frames.offset(frame + 1, 0, 0); i++) {
      int background = frames.rgb()[i % 3];
      rgb[i] = (byte) (background + ((rgb[i] & 0xff) - background) / 2);
    }
    return Frames.of(frames.count(), frames.height(), frames.width(), rgb);
  }

  /// From this frame on everything is so far from where it should be, to the right, and back at the next one.
  static Frames shifted(Frames frames, int frame, int by) {
    byte[] rgb = frames.rgb().clone();
    for (int y = 0; y < frames.height(); y++) {
      for (int x = 0; x < frames.width(); x++) {
        int from = frames.offset(frame, y, (x + frames.width() - by) % frames.width());
        System.arraycopy(frames.rgb(), from, rgb, frames.offset(frame, y, x), 3);
      }
    }
    return Frames.of(frames.count(), frames.height(), frames.width(), rgb);
  }

  /// One clip up to a frame, and another from there on.
  static Frames cut(Frames before, Frames after, int frame) {
    byte[] rgb = before.rgb().clone();
    int from = before.offset(frame, 0, 0);
    System.arraycopy(after.rgb(), from, rgb, from, rgb.length - from);
    return Frames.of(before.count(), before.height(), before.width(), rgb);
  }

  /// A white square of 6 x 6 pixels in a dark corner.
  static Frames stray(Frames frames, int frame) {
    byte[] rgb = frames.rgb().clone();
    int[][] corners = {{1, 1}, {1, 57}, {57, 1}, {57, 57}};
    for (int[] corner : corners) {
      if (!dark(frames, frame, corner[0], corner[1])) continue;
      for (int y = 0; y < 6; y++) {
        int from = frames.offset(frame, corner[1] + y, corner[0]);
        Arrays.fill(rgb, from, from + 18, (byte) 255);
      }
      break;
    }
    return Frames.of(frames.count(), frames.height(), frames.width(), rgb);
  }

  private static boolean dark(Frames frames, int frame, int left, int top) {
    for (int y = Math.max(top - 6, 0); y < Math.min(top + 12, 64); y++) {
      for (int x = Math.max(left - 6, 0); x < Math.min(left + 12, 64); x++) {
        if (frames.rgb()[frames.offset(frame, y, x)] != 8) return false;
      }
    }
    return true;
  }
}
