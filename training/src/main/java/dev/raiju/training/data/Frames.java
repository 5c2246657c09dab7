package dev.raiju.training.data;

import java.util.Arrays;

/// The pixels of a clip: `[T, H, W, 3]` bytes, red green blue. A picture is a clip of one frame.
public final class Frames {
  /// Frames of a training clip.
  public static final int CLIP = 17;
  /// Height and width of training clips.
  public static final int SIDE = 64;
  /// Frames in a second.
  public static final int PER_SECOND = 8;

  private final int count;
  private final int height;
  private final int width;
  private final byte[] rgb;

  private Frames(int count, int height, int width, byte[] rgb) {
    this.count = count;
    this.height = height;
    this.width = width;
    this.rgb = rgb;
  }

  /// Takes over `rgb`, which is not copied.
  ///
  /// @throws IllegalArgumentException if the bytes do not fill the sizes
  public static Frames of(int count, int height, int width, byte[] rgb) {
    if (count < 1 || height < 1 || width < 1 || rgb.length != 3L * count * height * width) {
      throw new IllegalArgumentException(
          "frames: " + rgb.length + " bytes for [" + count + ", " + height + ", " + width + ", 3]; needs " + 3L * count * height
              * width);
    }
    return new Frames(count, height, width, rgb);
  }

  public int count() { return count; }

  public int height() { return height; }

  public int width() { return width; }

  /// The pixels themselves, not a copy.
  public byte[] rgb() { return rgb; }

  /// Where the red byte of a pixel is.
  public int offset(int frame, int y, int x) { return 3 * ((frame * height + y) * width + x); }

  /// Same sizes and same pixels.
  @Override
  public boolean equals(Object other) {
    return other instanceof Frames f && count == f.count && height == f.height && width == f.width && Arrays.equals(rgb, f.rgb);
  }

  @Override
  public int hashCode() { return Arrays.hashCode(rgb); }

  @Override
  public String toString() { return "frames [" + count + ", " + height + ", " + width + ", 3]"; }
}
