package dev.raiju.training.eval;

import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Handwriting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads a handwritten digit by its nearest neighbours among the training handwriting.
final class DigitReader {
  private static final int NEIGHBOURS = 4;
  /// How much more a nearer neighbour weighs: `exp(SHARPNESS · cosine)`.
  private static final double SHARPNESS = 60;
  private static final int SIDE = Handwriting.SIDE;

  private final List<Digit> digits = new ArrayList<>();
  private final List<float[]> features = new ArrayList<>();

  private DigitReader() {
    for (int i = 0; i < Digit.COUNT; i++) {
      Digit digit = new Digit(i);
      for (Handwriting.Sample sample : Handwriting.training().of(digit)) {
        digits.add(digit);
        features.add(DigitFeatures.of(ink(sample)));
      }
    }
  }

  /// Half a second to make, so only where there is a digit to read.
  private static final class Lazy {
    static final DigitReader READER = new DigitReader();
  }

  static DigitReader reader() { return Lazy.READER; }

  static double[] ink(Handwriting.Sample sample) {
    double[] ink = new double[SIDE * SIDE];
    for (int i = 0; i < ink.length; i++) ink[i] = sample.ink(i % SIDE, i / SIDE) / 255.0;
    return ink;
  }

  /// The digit that the frames of one object show together.
  Digit read(List<Blob> blobs) {
    double[] ink = new double[SIDE * SIDE];
    for (Blob blob : blobs) {
      for (int i = 0; i < ink.length; i++) {
        ink[i] += cover(blob, blob.x() + i % SIDE - (SIDE - 1) / 2.0, blob.y() + i / SIDE - (SIDE - 1) / 2.0) / blobs.size();
      }
    }
    for (int i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i], 0);
    return read(ink);
  }

  /// @param ink 28 x 28, row by row
  Digit read(double[] ink) {
    float[] wanted = DigitFeatures.of(ink);
    double[] cosines = new double[NEIGHBOURS];
    int[] nearest = new int[NEIGHBOURS];
    Arrays.fill(cosines, -1);
    for (int i = 0; i < features.size(); i++) {
      double cosine = dot(wanted, features.get(i));
      if (cosine <= cosines[NEIGHBOURS - 1]) continue;
      int rank = NEIGHBOURS - 1;
      for (; rank > 0 && cosines[rank - 1] < cosine; rank--) {
        cosines[rank] = cosines[rank - 1];
        nearest[rank] = nearest[rank - 1];
      }
      cosines[rank] = cosine;
      nearest[rank] = i;
    }
    double[] votes = new double[Digit.COUNT];
    for (int k = 0; k < NEIGHBOURS; k++) votes[digits.get(nearest[k]).value()] += Math.exp(SHARPNESS * cosines[k]);
    int best = 0;
    for (int i = 0; i < votes.length; i++) if (votes[i] > votes[best]) best = i;
    return new Digit(best);
  }

  private static float dot(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }

  /// The cover at a place between pixel centres.
  private static double cover(Blob blob, double x, double y) {
    double fromLeft = x - 0.5 - blob.left();
    double fromTop = y - 0.5 - blob.top();
    int left = (int) Math.floor(fromLeft);
    int top = (int) Math.floor(fromTop);
    double partX = fromLeft - left;
    double partY = fromTop - top;
    return (1 - partY) * ((1 - partX) * at(blob, left, top) + partX * at(blob, left + 1, top))
        + partY * ((1 - partX) * at(blob, left, top + 1) + partX * at(blob, left + 1, top + 1));
  }

  private static double at(Blob blob, int column, int row) {
    int rows = blob.cover().length / blob.width();
    return column < 0 || row < 0 || column >= blob.width() || row >= rows ? 0 : blob.cover()[row * blob.width() + column];
  }
}
