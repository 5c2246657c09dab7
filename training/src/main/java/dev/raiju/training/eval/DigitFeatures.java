package dev.raiju.training.eval;

import dev.raiju.training.data.Handwriting;

/// What tells digits apart: where in the square strokes run in which direction. The writing is first put upright, as in LeCun
/// et al. 1998; then the gradient's strength is gathered for 8 directions at 6 x 6 places, as in Dalal and Triggs 2005.
final class DigitFeatures {
  static final int DIRECTIONS = 8;
  private static final int SIDE = Handwriting.SIDE;
  private static final int PLACES = 6;
  private static final int FIRST = 3;
  private static final int STRIDE = 4;
  static final int COUNT = PLACES * PLACES * DIRECTIONS;
  /// How far around its place a gradient counts, with Gaussian weight of sigma 2.
  private static final int AROUND = 3;
  private static final double[] WEIGHTS = weights();

  private DigitFeatures() {}

  /// Of length 1.
  ///
  /// @param ink 28 x 28, row by row, 0 where there is none
  static float[] of(double[] ink) {
    double[] upright = upright(ink);
    double[] gathered = new double[COUNT];
    for (int y = 1; y < SIDE - 1; y++) {
      for (int x = 1; x < SIDE - 1; x++) {
        int at = y * SIDE + x;
        double right = upright[at + 1] - upright[at - 1];
        double down = upright[at + SIDE] - upright[at - SIDE];
        double strength = Math.sqrt(right * right + down * down);
        if (strength < 1e-6) continue;
        double direction = (Math.atan2(down, right) / (2 * Math.PI) + 1) * DIRECTIONS % DIRECTIONS;
        int lower = (int) direction % DIRECTIONS;
        double share = direction - Math.floor(direction);
        gather(gathered, x, y, lower, strength * (1 - share));
        gather(gathered, x, y, (lower + 1) % DIRECTIONS, strength * share);
      }
    }
    return normalised(gathered);
  }

  private static void gather(double[] gathered, int x, int y, int direction, double strength) {
    for (int row = 0; row < PLACES; row++) {
      int down = Math.abs(FIRST + STRIDE * row - y);
      if (down > AROUND) continue;
      for (int column = 0; column < PLACES; column++) {
        int right = Math.abs(FIRST + STRIDE * column - x);
        if (right > AROUND) continue;
        gathered[(row * PLACES + column) * DIRECTIONS + direction] += WEIGHTS[down] * WEIGHTS[right] * strength;
      }
    }
  }

  /// Roots, so that a strong stroke does not outweigh all others.
  private static float[] normalised(double[] gathered) {
    double sum = 1e-12;
    for (double strength : gathered) sum += strength;
    float[] features = new float[COUNT];
    for (int i = 0; i < COUNT; i++) features[i] = (float) Math.sqrt(gathered[i] / sum);
    return features;
  }

  /// Sheared so that it leans to neither side, with the centre of its ink in the middle.
  private static double[] upright(double[] ink) {
    double sum = 1e-12;
    double x = 0;
    double y = 0;
    for (int i = 0; i < ink.length; i++) {
      sum += ink[i];
      x += ink[i] * (i % SIDE);
      y += ink[i] * (i / SIDE);
    }
    x /= sum;
    y /= sum;
    double down = 1e-12;
    double lean = 0;
    for (int i = 0; i < ink.length; i++) {
      down += ink[i] * (i / SIDE - y) * (i / SIDE - y);
      lean += ink[i] * (i / SIDE - y) * (i % SIDE - x);
    }
    double shear = lean / down;
    double middle = (SIDE - 1) / 2.0;
    double[] upright = new double[ink.length];
    for (int i = 0; i < upright.length; i++) {
      double fromMiddle = i / SIDE - middle;
      upright[i] = between(ink, i % SIDE - middle + x + shear * fromMiddle, fromMiddle + y);
    }
    return upright;
  }

  private static double between(double[] ink, double x, double y) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double partX = x - left;
    double partY = y - top;
    return (1 - partY) * ((1 - partX) * at(ink, left, top) + partX * at(ink, left + 1, top))
        + partY * ((1 - partX) * at(ink, left, top + 1) + partX * at(ink, left + 1, top + 1));
  }

  private static double at(double[] ink, int x, int y) {
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : ink[y * SIDE + x];
  }

  private static double[] weights() {
    double[] weights = new double[AROUND + 1];
    for (int i = 0; i <= AROUND; i++) weights[i] = Math.exp(-i * i / 8.0);
    return weights;
  }
}
