package dev.raiju.training.flow;

import dev.raiju.tensor.Rng;

/// How noise levels are drawn for training, and how they are shifted towards more noise: `s ← k s / (1 + (k - 1) s)`.
///
/// @param distribution of the levels before the shift
/// @param shift k, 1 for none
/// @param least smaller levels are raised to it
/// @param most larger levels are lowered to it
public record NoiseLevels(Distribution distribution, double shift, double least, double most) {
  /// `LOGIT_NORMAL` is the logistic function of a standard normal number. Esser et al. 2024, arXiv:2403.03206.
  public enum Distribution { UNIFORM, LOGIT_NORMAL }

  public NoiseLevels {
    if (!(shift > 0) || !(least >= 0 && least < most && most <= 1)) {
      throw new IllegalArgumentException("noise levels: shift " + shift + ", from " + least + " to " + most
          + "; needs a positive shift and 0 <= least < most <= 1");
    }
  }

  public static NoiseLevels of(Distribution distribution, double shift) { return new NoiseLevels(distribution, shift, 0, 1); }

  /// A noise level of the shifted schedule.
  public static double shifted(double level, double shift) { return shift * level / (1 + (shift - 1) * level); }

  /// Draws `count` levels.
  public float[] draw(Rng rng, int count) {
    float[] levels = new float[count];
    for (int i = 0; i < count; i++) {
      double base = switch (distribution) {
        case UNIFORM -> rng.nextUniform();
        case LOGIT_NORMAL -> 1 / (1 + StrictMath.exp(-rng.nextNormal()));
      };
      levels[i] = (float) Math.min(Math.max(shifted(base, shift), least), most);
    }
    return levels;
  }
}
