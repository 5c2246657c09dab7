package dev.raiju.models.pipeline;

import dev.raiju.tensor.ShapeException;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/// Frames as AWT images. Apart from [Clip] so that a clip loads where module `java.desktop` is absent.
final class Images {
  private Images() {}

  static BufferedImage of(byte[] frame, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    for (int y = 0, at = 0; y < height; y++) {
      for (int x = 0; x < width; x++, at += 3) {
        row[x] = (frame[at] & 0xff) << 16 | (frame[at + 1] & 0xff) << 8 | frame[at + 2] & 0xff;
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  static Clip toClip(List<BufferedImage> images, int framesPerSecond) {
    if (images.isEmpty()) throw new ShapeException("clip: no images; needs one or more");
    int width = images.getFirst().getWidth();
    int height = images.getFirst().getHeight();
    List<byte[]> frames = new ArrayList<>();
    for (BufferedImage image : images) {
      if (image.getWidth() != width || image.getHeight() != height) {
        throw new ShapeException("clip: image %d is %d x %d; the first is %d x %d", frames.size(), image.getWidth(),
            image.getHeight(), width, height);
      }
      frames.add(bytes(image));
    }
    return Clip.ofRgb(frames, width, height, framesPerSecond);
  }

  private static byte[] bytes(BufferedImage image) {
    int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    byte[] bytes = new byte[Math.multiplyExact(3, pixels.length)];
    for (int i = 0; i < pixels.length; i++) {
      bytes[3 * i] = (byte) (pixels[i] >> 16);
      bytes[3 * i + 1] = (byte) (pixels[i] >> 8);
      bytes[3 * i + 2] = (byte) pixels[i];
    }
    return bytes;
  }
}
