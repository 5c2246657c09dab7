package dev.raiju.models.pipeline;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Whether a clip is noise: brightness that fills the frame and of which one place tells nothing about the next.
///
/// Looked at twice: pixel by pixel, and in blocks of 8 x 8, since latent noise comes out of a decoder as blotches of that size.
/// In both, noise has little correlation between places up to four steps apart, across and down; pictures have more, and so
/// have stripes and checkerboards. Blotches must also change with time, for a still carpet may look like them.
final class Whiteness {
  private static final int BLOCK = 8;
  private static final int[] LAGS = {2, 3, 4};

  /// Correlation below which places count as unrelated. Of 5000 pictures made by formula the lowest lies at 0.31.
  private static final double UNRELATED = 0.28;

  /// Standard deviation in levels of the faintest noise to report.
  private static final double FAINTEST = 8;

  /// Share of places that must lie off the median by a quarter of the standard deviation; four fifths do in normal noise.
  private static final double FILLED = 0.65;

  /// Of the frames, one of each four is looked at: those between come from the same latent frame.
  private static final int STEP = 4;

  private Whiteness() {}

  /// What was seen, if the clip is noise.
  static Optional<String> noise(Clip clip) {
    Field[] blocks = new Field[Math.ceilDiv(clip.frames(), STEP)];
    Field[] pixels = new Field[Math.min(3, blocks.length)];
    for (int i = 0; i < pixels.length; i++)
      pixels[i] = brightness(clip, i * (blocks.length - 1) / Math.max(1, pixels.length - 1));
    double ofPixels = spatialCorrelation(pixels);
    if (ofPixels < UNRELATED) return seen("pixels", ofPixels);
    for (int i = 0; i < blocks.length; i++) blocks[i] = brightness(clip, i).blockMeans();
    double ofBlocks = Math.max(spatialCorrelation(blocks), Math.abs(laterCorrelation(blocks)));
    return ofBlocks < UNRELATED ? seen("blocks of 8 x 8", ofBlocks) : Optional.empty();
  }

  private static Field brightness(Clip clip, int look) {
    return Field.brightness(clip.frame(look * STEP), clip.width(), clip.height());
  }

  private static Optional<String> seen(String places, double correlation) {
    return Optional.of(String.format(Locale.ROOT, "neighbouring %s have a correlation of %.2f", places, correlation));
  }

  /// How much places tell of those a few steps away, across and down: the root mean square of the correlations two to four steps
  /// apart, or half of that between neighbours, which a decoder blends. 1 for frames too small, too faint or too empty to judge.
  private static double spatialCorrelation(Field[] frames) {
    Field first = frames[0];
    if (Math.min(first.width, first.height) <= LAGS[LAGS.length - 1]) return 1;
    double filled = 0;
    for (Field frame : frames) {
      if (frame.deviation() < FAINTEST) return 1;
      filled += frame.filled() / frames.length;
    }
    if (filled < FILLED) return 1;
    double squares = 0;
    for (int lag : LAGS) squares += Math.pow(correlation(frames, lag, 0), 2) + Math.pow(correlation(frames, 0, lag), 2);
    double neighbours = (correlation(frames, 1, 0) + correlation(frames, 0, 1)) / 2;
    return Math.max(Math.abs(neighbours) / 2, Math.sqrt(squares / (2 * LAGS.length)));
  }

  private static double correlation(Field[] frames, int across, int down) {
    double product = 0;
    double square = 0;
    long pairs = 0;
    long places = 0;
    for (Field frame : frames) {
      for (int y = 0; y < frame.height; y++) {
        for (int x = 0; x < frame.width; x++) {
          double here = frame.centred(x, y);
          square += here * here;
          places++;
          if (x + across >= frame.width || y + down >= frame.height) continue;
          product += here * frame.centred(x + across, y + down);
          pairs++;
        }
      }
    }
    return product / pairs / (square / places);
  }

  /// How much a place tells of itself two latent frames later; 1 for a clip too short to judge.
  private static double laterCorrelation(Field[] frames) {
    int later = 2;
    if (frames.length <= later) return 1;
    double product = 0;
    double square = 0;
    for (int t = later; t < frames.length; t++) {
      for (int y = 0; y < frames[t].height; y++) {
        for (int x = 0; x < frames[t].width; x++) {
          double now = frames[t].centred(x, y);
          double then = frames[t - later].centred(x, y);
          product += now * then;
          square += (now * now + then * then) / 2;
        }
      }
    }
    return product / square;
  }

  /// A plane of brightness and its mean.
  private static final class Field {
    final int width;
    final int height;
    private final float[] values;
    private final double mean;

    private Field(float[] values, int width, int height) {
      this.values = values;
      this.width = width;
      this.height = height;
      double sum = 0;
      for (float value : values) sum += value;
      this.mean = sum / Math.max(1, values.length);
    }

    static Field brightness(byte[] rgb, int width, int height) {
      float[] values = new float[width * height];
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.299f * (rgb[3 * i] & 0xff) + 0.587f * (rgb[3 * i + 1] & 0xff) + 0.114f * (rgb[3 * i + 2] & 0xff);
      }
      return new Field(values, width, height);
    }

    Field blockMeans() {
      int across = width / BLOCK;
      int down = height / BLOCK;
      float[] means = new float[across * down];
      for (int y = 0; y < down * BLOCK; y++) {
        for (int x = 0; x < across * BLOCK; x++) {
          means[y / BLOCK * across + x / BLOCK] += values[y * width + x] / (BLOCK * BLOCK);
        }
      }
      return new Field(means, across, down);
    }

    double centred(int x, int y) { return values[y * width + x] - mean; }

    double deviation() {
      double square = 0;
      for (float value : values) square += (value - mean) * (value - mean);
      return Math.sqrt(square / Math.max(1, values.length));
    }

    /// The share of places that lie off the median by more than a quarter of the standard deviation.
    double filled() {
      float[] sorted = values.clone();
      Arrays.sort(sorted);
      float median = sorted[sorted.length / 2];
      double off = deviation() / 4;
      int count = 0;
      for (float value : values) {
        if (Math.abs(value - median) > off) count++;
      }
      return count / (double) values.length;
    }
  }
}
