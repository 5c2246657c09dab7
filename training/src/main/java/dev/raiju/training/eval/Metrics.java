package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;

/// How near two clips are, pixel by pixel.
public final class Metrics {
  private static final int WINDOW = 11;
  private static final double[] GAUSS = gauss(1.5);
  private static final double C1 = (0.01 * 255) * (0.01 * 255);
  private static final double C2 = (0.03 * 255) * (0.03 * 255);

  private Metrics() {}

  /// Peak signal-to-noise ratio over all frames: `10 · log10(255² / mean squared error)` in dB, infinite for equal clips.
  ///
  /// @throws IllegalArgumentException if the sizes differ
  public static double psnr(Frames a, Frames b) {
    requireSameSizes("psnr", a, b);
    double sum = 0;
    for (int i = 0; i < a.rgb().length; i++) {
      double error = (a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff);
      sum += error * error;
    }
    return 10 * Math.log10(255 * 255 / (sum / a.rgb().length));
  }

  /// Structural similarity: the mean over frames, channels and all places of an 11 x 11 Gaussian window (sigma 1.5) inside the
  /// picture of `(2·μa·μb + C1)(2·σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))`. Wang et al. 2004, "Image quality
  /// assessment: from error visibility to structural similarity".
  ///
  /// @throws IllegalArgumentException if the sizes differ or a side is shorter than 11
  public static double ssim(Frames a, Frames b) {
    requireSameSizes("ssim", a, b);
    if (a.height() < WINDOW || a.width() < WINDOW)
      throw new IllegalArgumentException("ssim: " + a + ": sides must be 11 or more");
    double sum = 0;
    for (int frame = 0; frame < a.count(); frame++) {
      for (int channel = 0; channel < 3; channel++) sum += ssim(plane(a, frame, channel), plane(b, frame, channel), a.width());
    }
    return sum / (3 * a.count());
  }

  private static double ssim(double[] a, double[] b, int width) {
    double[] meanA = blur(a, width);
    double[] meanB = blur(b, width);
    double[] squareA = blur(product(a, a), width);
    double[] squareB = blur(product(b, b), width);
    double[] cross = blur(product(a, b), width);
    double sum = 0;
    for (int i = 0; i < cross.length; i++) {
      double ab = meanA[i] * meanB[i];
      double aa = meanA[i] * meanA[i];
      double bb = meanB[i] * meanB[i];
      sum += (2 * ab + C1) * (2 * (cross[i] - ab) + C2) / ((aa + bb + C1) * (squareA[i] - aa + squareB[i] - bb + C2));
    }
    return sum / cross.length;
  }

  /// The window's mean at all places inside, by rows and then by columns.
  private static double[] blur(double[] plane, int width) {
    int inWidth = width - WINDOW + 1;
    int height = plane.length / width;
    double[] rows = new double[height * inWidth];
    for (int i = 0; i < rows.length; i++) {
      int from = i / inWidth * width + i % inWidth;
      for (int k = 0; k < WINDOW; k++) rows[i] += GAUSS[k] * plane[from + k];
    }
    double[] out = new double[(height - WINDOW + 1) * inWidth];
    for (int i = 0; i < out.length; i++) {
      for (int k = 0; k < WINDOW; k++) out[i] += GAUSS[k] * rows[i + k * inWidth];
    }
    return out;
  }

  private static double[] product(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < out.length; i++) out[i] = a[i] * b[i];
    return out;
  }

  private static double[] plane(Frames frames, int frame, int channel) {
    double[] plane = new double[frames.height() * frames.width()];
    int from = frames.offset(frame, 0, 0) + channel;
    for (int i = 0; i < plane.length; i++) plane[i] = frames.rgb()[from + 3 * i] & 0xff;
    return plane;
  }

  private static double[] gauss(double sigma) {
    double[] weights = new double[WINDOW];
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
      double x = i - WINDOW / 2;
      weights[i] = Math.exp(-x * x / (2 * sigma * sigma));
      sum += weights[i];
    }
    for (int i = 0; i < WINDOW; i++) weights[i] /= sum;
    return weights;
  }

  private static void requireSameSizes(String what, Frames a, Frames b) {
    if (a.count() != b.count() || a.height() != b.height() || a.width() != b.width()) {
      throw new IllegalArgumentException(what + ": sizes differ: " + a + " and " + b);
    }
  }
}
