package dev.raiju.models.pipeline.image;

import dev.raiju.models.pipeline.Clip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// The colours of a clip, gathered in bins of 4 x 4 x 4 levels: for each bin that is not empty its mean and how often it occurs.
final class ColourBins {
  private static final int BITS = 6;

  private final float[][] means;
  private final float[] counts;

  private ColourBins(float[][] means, float[] counts) {
    this.means = means;
    this.counts = counts;
  }

  static ColourBins of(Clip clip) {
    long[] counts = new long[1 << 3 * BITS];
    long[][] sums = new long[3][counts.length];
    for (int t = 0; t < clip.frames(); t++) {
      byte[] rgb = clip.frame(t);
      for (int i = 0; i < rgb.length; i += 3) {
        int bin = 0;
        for (int c = 0; c < 3; c++) bin = bin << BITS | (rgb[i + c] & 0xff) >> 8 - BITS;
        counts[bin]++;
        for (int c = 0; c < 3; c++) sums[c][bin] += rgb[i + c] & 0xff;
      }
    }
    List<float[]> means = new ArrayList<>();
    List<Float> found = new ArrayList<>();
    for (int bin = 0; bin < counts.length; bin++) {
      if (counts[bin] == 0) continue;
      float n = counts[bin];
      means.add(new float[] {sums[0][bin] / n, sums[1][bin] / n, sums[2][bin] / n});
      found.add(n);
    }
    float[] kept = new float[found.size()];
    for (int i = 0; i < kept.length; i++) kept[i] = found.get(i);
    return new ColourBins(means.toArray(float[][]::new), kept);
  }

  /// Up to `limit` colours that stand for all: the means of boxes, cut where the squared error is largest.
  float[][] cut(int limit) {
    List<Box> boxes = new ArrayList<>();
    int[] all = new int[counts.length];
    for (int i = 0; i < all.length; i++) all[i] = i;
    boxes.add(box(all));
    while (boxes.size() < limit) {
      Box worst = boxes.stream().max(Comparator.comparingDouble(Box::error)).orElseThrow();
      if (worst.error <= 0) break;
      boxes.remove(worst);
      int axis = worst.widestAxis();
      boxes.add(box(side(worst, axis, true)));
      boxes.add(box(side(worst, axis, false)));
    }
    return boxes.stream().map(Box::mean).toArray(float[][]::new);
  }

  /// One round of k-means: every bin goes to its nearest centre, every centre to the mean of its bins.
  void refine(float[][] centres) {
    double[][] sums = new double[centres.length][4];
    for (int i = 0; i < counts.length; i++) {
      double[] sum = sums[nearest(centres, means[i])];
      for (int c = 0; c < 3; c++) sum[c] += counts[i] * (double) means[i][c];
      sum[3] += counts[i];
    }
    for (int k = 0; k < centres.length; k++) {
      if (sums[k][3] == 0) continue;
      for (int c = 0; c < 3; c++) centres[k][c] = (float) (sums[k][c] / sums[k][3]);
    }
  }

  private static int nearest(float[][] centres, float[] colour) {
    int best = 0;
    float least = Float.MAX_VALUE;
    for (int k = 0; k < centres.length; k++) {
      float red = centres[k][0] - colour[0];
      float green = centres[k][1] - colour[1];
      float blue = centres[k][2] - colour[2];
      float distance = red * red + green * green + blue * blue;
      if (distance < least) {
        least = distance;
        best = k;
      }
    }
    return best;
  }

  private int[] side(Box box, int axis, boolean low) {
    return Arrays.stream(box.bins).filter(i -> means[i][axis] <= box.mean[axis] == low).toArray();
  }

  private Box box(int[] bins) {
    double[] sum = new double[3];
    double[] squares = new double[3];
    double n = 0;
    for (int i : bins) {
      n += counts[i];
      for (int c = 0; c < 3; c++) {
        sum[c] += counts[i] * (double) means[i][c];
        squares[c] += counts[i] * (double) means[i][c] * means[i][c];
      }
    }
    float[] mean = new float[3];
    double[] errors = new double[3];
    for (int c = 0; c < 3; c++) {
      mean[c] = (float) (sum[c] / n);
      errors[c] = bins.length == 1 ? 0 : squares[c] - sum[c] * sum[c] / n;
    }
    return new Box(bins, mean, errors);
  }

  /// Some bins, their mean and the squared error per axis that the mean leaves.
  private record Box(int[] bins, float[] mean, double[] errors, double error) {
    Box(int[] bins, float[] mean, double[] errors) { this(bins, mean, errors, errors[0] + errors[1] + errors[2]); }

    int widestAxis() {
      int axis = errors[0] > errors[1] ? 0 : 1;
      return errors[axis] > errors[2] ? axis : 2;
    }
  }
}
