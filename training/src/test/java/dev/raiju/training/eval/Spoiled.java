package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;
import java.util.Random;

/// What a small autoencoder does to a clip: a Gaussian blur of sigma 0.7 pixels and noise of sigma 6 of 255.
final class Spoiled {
  private static final double[] KERNEL = {0.5708, 0.2049, 0.0097};
  private static final int MARGIN = KERNEL.length - 1;
  private static final double[] NOISE = noise();

  private Spoiled() {}

  static Frames of(Frames frames, long seed) {
    int row = 3 * frames.width();
    int plane = row * frames.height();
    byte[] rgb = frames.rgb();
    byte[] spoiled = rgb.clone();
    double[] sideways = new double[rgb.length];
    // within each row and then each column; nothing is at the edges of clips
    for (int i = 0; i < rgb.length; i++) {
      int x = i % row;
      sideways[i] = rgb[i] & 0xff;
      if (x < 3 * MARGIN || x >= row - 3 * MARGIN) continue;
      sideways[i] *= KERNEL[0];
      for (int k = 1; k <= MARGIN; k++) sideways[i] += KERNEL[k] * ((rgb[i - 3 * k] & 0xff) + (rgb[i + 3 * k] & 0xff));
    }
    Random random = new Random(seed);
    int noise = 0;
    for (int i = 0; i < rgb.length; i++) {
      if (i % row == 0) noise = random.nextInt(NOISE.length - row);
      int y = i % plane / row;
      double value = sideways[i];
      if (y >= MARGIN && y < frames.height() - MARGIN) {
        value *= KERNEL[0];
        for (int k = 1; k <= MARGIN; k++) value += KERNEL[k] * (sideways[i - row * k] + sideways[i + row * k]);
      }
      spoiled[i] = (byte) Math.clamp(Math.round(value + NOISE[noise++]), 0, 255);
    }
    return Frames.of(frames.count(), frames.height(), frames.width(), spoiled);
  }

  /// Drawn once, as drawing takes longer than all the rest: rows of clips take from it at random.
  private static double[] noise() {
    Random random = new Random(1);
    double[] noise = new double[1 << 16];
    for (int i = 0; i < noise.length; i++) noise[i] = 6 * random.nextGaussian();
    return noise;
  }
}
