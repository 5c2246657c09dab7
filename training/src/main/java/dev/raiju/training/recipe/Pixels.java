package dev.raiju.training.recipe;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.data.Frames;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Painted clips as tensors `[B, T, 3, H, W]`, from 0 to 1.
final class Pixels {
  /// Darker pixels belong to the background.
  private static final int DARK = 40;

  private Pixels() {}

  static Tensor of(List<Frames> clips, Device device) {
    Frames first = clips.getFirst();
    int plane = first.height() * first.width();
    float[] values = new float[Math.multiplyExact(clips.size() * first.count(), 3 * plane)];
    int at = 0;
    for (Frames clip : clips) {
      byte[] rgb = clip.rgb();
      for (int t = 0; t < clip.count(); t++) {
        for (int c = 0; c < 3; c++) {
          for (int i = 0; i < plane; i++) values[at++] = (rgb[3 * (t * plane + i) + c] & 0xff) / 255f;
        }
      }
    }
    return Tensor.of(Spec.of(DType.F32, clips.size(), first.count(), 3, first.height(), first.width()), MemorySegment.ofArray(
        values), device);
  }

  /// A window of a clip that holds a part of an object in its middle frame, wherever there is one.
  static Frames crop(Frames clip, int side, Rng rng) {
    int middle = clip.count() / 2;
    int y = rng.nextInt(clip.height() - side + 1);
    int x = rng.nextInt(clip.width() - side + 1);
    // most windows of a clip are empty: look for one that is not
    for (int tries = 0; tries < 20 && !bright(clip, middle, y + side / 2, x + side / 2, side / 4); tries++) {
      y = rng.nextInt(clip.height() - side + 1);
      x = rng.nextInt(clip.width() - side + 1);
    }
    byte[] rgb = new byte[3 * clip.count() * side * side];
    for (int t = 0; t < clip.count(); t++) {
      for (int row = 0; row < side; row++)
        System.arraycopy(clip.rgb(), clip.offset(t, y + row, x), rgb, 3 * (t * side + row) * side, 3 * side);
    }
    return Frames.of(clip.count(), side, side, rgb);
  }

  private static boolean bright(Frames clip, int frame, int y, int x, int reach) {
    for (int dy = -reach; dy <= reach; dy++) {
      for (int dx = -reach; dx <= reach; dx++) {
        if (isBright(clip, clip.offset(frame, y + dy, x + dx))) return true;
      }
    }
    return false;
  }

  private static boolean isBright(Frames clip, int offset) {
    return Math.max(clip.rgb()[offset] & 0xff, Math.max(clip.rgb()[offset + 1] & 0xff, clip.rgb()[offset + 2] & 0xff)) > DARK;
  }

  /// The weight of every pixel in a loss, `[B, T, 1, H, W]`: `near` within `reach` pixels of an object, else 1.
  static Tensor weights(List<Frames> clips, float near, int reach, Device device) {
    Frames first = clips.getFirst();
    int plane = first.height() * first.width();
    float[] values = new float[clips.size() * first.count() * plane];
    boolean[] bright = new boolean[plane];
    int at = 0;
    for (Frames clip : clips) {
      for (int t = 0; t < clip.count(); t++) {
        for (int i = 0; i < plane; i++) bright[i] = isBright(clip, 3 * (t * plane + i));
        boolean[] wide = spread(spread(bright, clip.height(), clip.width(), reach, 1, clip.width()), clip.width(), clip.height(),
            reach, clip.width(), 1);
        for (int i = 0; i < plane; i++) values[at++] = wide[i] ? near : 1;
      }
    }
    return Tensor.of(Spec.of(DType.F32, clips.size(), first.count(), 1, first.height(), first.width()), MemorySegment.ofArray(
        values), device);
  }

  /// Every mark widened by `reach` along the lines of an image: `lines` of `length` pixels, neighbours `step` apart.
  private static boolean[] spread(boolean[] marks, int lines, int length, int reach, int step, int lineStep) {
    boolean[] wide = new boolean[marks.length];
    for (int line = 0; line < lines; line++) {
      int last = -reach - 1;
      for (int i = 0; i < length + reach; i++) {
        if (i < length && marks[line * lineStep + i * step]) last = i;
        // what lies reach pixels back is near the last mark, before or behind it
        if (i >= reach && last >= i - 2 * reach) wide[line * lineStep + (i - reach) * step] = true;
      }
    }
    return wide;
  }
}
