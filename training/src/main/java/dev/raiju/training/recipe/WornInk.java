package dev.raiju.training.recipe;

import dev.raiju.tensor.Rng;
import dev.raiju.training.data.Handwriting;

/// Handwriting as it may come out of a model: turned, sheared, of another size, moved, blurred, paler, grainy.
final class WornInk {
  private static final int SIDE = Handwriting.SIDE;
  private static final double TURN = 0.15;
  private static final double SHEAR = 0.15;
  private static final double SIZE = 0.15;
  private static final double SHIFT = 2;
  private static final int BLURS = 3;
  private static final double GRAIN = 0.06;

  private WornInk() {}

  /// @param to gets 28 x 28 values, from 0 to 1, at `at`
  static void draw(Handwriting.Sample sample, Rng rng, float[] to, int at) {
    double angle = around(rng, TURN);
    double shear = around(rng, SHEAR);
    double size = 1 + around(rng, SIZE);
    double right = around(rng, SHIFT);
    double down = around(rng, SHIFT);
    float[] ink = new float[SIDE * SIDE];
    double middle = (SIDE - 1) / 2.0;
    for (int i = 0; i < ink.length; i++) {
      double x = (i % SIDE - middle - right) / size;
      double y = (i / SIDE - middle - down) / size;
      double turnedX = Math.cos(angle) * x + (Math.sin(angle) + shear) * y;
      double turnedY = -Math.sin(angle) * x + Math.cos(angle) * y;
      ink[i] = (float) between(sample, turnedX + middle, turnedY + middle);
    }
    int blurs = rng.nextInt(BLURS + 1);
    for (int k = 0; k < blurs; k++) ink = blurred(ink);
    float strength = 1 - 0.4f * rng.nextUniform();
    for (int i = 0; i < ink.length; i++) {
      to[at + i] = Math.clamp(ink[i] * strength + (float) around(rng, GRAIN), 0, 1);
    }
  }

  /// Uniform between `-most` and `most`.
  private static double around(Rng rng, double most) { return (2 * rng.nextUniform() - 1) * most; }

  private static double between(Handwriting.Sample sample, double x, double y) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double partX = x - left;
    double partY = y - top;
    return ((1 - partY) * ((1 - partX) * sample.ink(left, top) + partX * sample.ink(left + 1, top))
        + partY * ((1 - partX) * sample.ink(left, top + 1) + partX * sample.ink(left + 1, top + 1))) / 255;
  }

  /// By 1, 2, 1 in both directions.
  private static float[] blurred(float[] ink) {
    float[] blurred = new float[ink.length];
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        float sum = 0;
        for (int dy = -1; dy <= 1; dy++) {
          for (int dx = -1; dx <= 1; dx++) {
            int px = x + dx;
            int py = y + dy;
            if (px < 0 || py < 0 || px >= SIDE || py >= SIDE) continue;
            sum += (2 - Math.abs(dx)) * (2 - Math.abs(dy)) * ink[py * SIDE + px];
          }
        }
        blurred[y * SIDE + x] = sum / 16;
      }
    }
    return blurred;
  }
}
