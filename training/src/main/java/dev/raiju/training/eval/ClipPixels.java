package dev.raiju.training.eval;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.data.Frames;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Clips as a tensor `[B, T, 3, H, W]`, from 0 to 1.
public final class ClipPixels {
  private ClipPixels() {}

  /// @param clips of one size
  public static Tensor of(List<Frames> clips, Device device) {
    Frames first = clips.getFirst();
    int plane = first.height() * first.width();
    float[] values = new float[Math.multiplyExact(clips.size() * first.count(), 3 * plane)];
    int at = 0;
    for (Frames clip : clips) {
      if (clip.count() != first.count() || clip.height() != first.height() || clip.width() != first.width())
        throw new IllegalArgumentException("clips: " + first + " and " + clip + "; needs one size");
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
}
