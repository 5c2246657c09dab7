package dev.raiju.models.sampler;

import java.util.Arrays;

/// The noise levels a sampler goes through, from much noise to none, and what the network is told at each.
///
/// Level 1 is noise alone, 0 is data: `x = (1 - σ) · data + σ · noise`. Levels are rounded to f32, as the published schedules
/// store them; the first steps of a solver that works with `log(1 - σ)` notice.
public final class Schedule {
  /// Steps of the training schedule.
  static final int TRAINING_STEPS = 1000;

  private final double[] sigmas;
  private final double[] timesteps;

  private Schedule(double[] sigmas, double[] timesteps) {
    this.sigmas = sigmas;
    this.timesteps = timesteps;
  }

  /// A schedule from levels of one's own: falling, between 1 and 0, one more than there are timesteps; the last is usually 0.
  public static Schedule of(double[] sigmas, double[] timesteps) {
    if (sigmas.length != timesteps.length + 1 || timesteps.length == 0) {
      throw new IllegalArgumentException("schedule: " + sigmas.length + " levels for " + timesteps.length
          + " timesteps; needs one more, and a step");
    }
    for (int i = 1; i < sigmas.length; i++) {
      if (!(sigmas[i] < sigmas[i - 1]) || sigmas[i] < 0 || sigmas[0] > 1)
        throw new IllegalArgumentException("schedule: " + Arrays.toString(sigmas) + "; needs falling levels between 1 and 0");
    }
    double[] rounded = new double[sigmas.length];
    for (int i = 0; i < rounded.length; i++) rounded[i] = (float) sigmas[i];
    return new Schedule(rounded, timesteps.clone());
  }

  /// A level moved towards noise: `k·σ / (1 + (k - 1)·σ)`. Esser et al. 2024, arXiv:2403.03206.
  public static double shift(double sigma, double k) { return k * sigma / (1 + (k - 1) * sigma); }

  /// Evenly from 1 to 0, then shifted; timesteps are `1000 · σ`. The schedule of Self-Forcing, CausVid and DiffSynth, for Euler
  /// steps.
  public static Schedule flow(int steps, double shift) { return real(shifted(line(1, 0, checked(steps) + 1), shift)); }

  /// As the flow-matching Euler sampler of diffusers: it shifts the smallest level twice. Wan was never sampled so.
  public static Schedule diffusersEuler(int steps, double shift) {
    double least = (float) shift(1.0 / TRAINING_STEPS, shift);
    double[] inner = line(1, least, checked(steps));
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i < steps; i++) sigmas[i] = shift(inner[i], shift);
    return real(sigmas);
  }

  /// As UniPC in the Wan repository: from 0.999; timesteps are cut to whole numbers.
  public static Schedule wanUniPc(int steps, double shift) {
    // the repository takes the first level back from an f32 tensor
    return whole(shifted(line(0.999f, 0, checked(steps) + 1), shift));
  }

  /// As DPM++ in the Wan repository: from 1; timesteps are cut to whole numbers.
  public static Schedule wanDpm(int steps, double shift) { return whole(shifted(line(1, 0, checked(steps) + 1), shift)); }

  /// As UniPC in diffusers with flow levels: from just below 1 to 0.001; timesteps are cut to whole numbers.
  public static Schedule diffusersUniPc(int steps, double shift) {
    double tiny = 1e-6;
    double[] sigmas = shifted(line(1, 1.0 / TRAINING_STEPS, checked(steps) + 1), shift);
    if (Math.abs(sigmas[0] - 1) < tiny) sigmas[0] -= tiny;
    return whole(sigmas);
  }

  /// As DPM++ in diffusers with flow levels: from 0.999; timesteps are cut to whole numbers.
  public static Schedule diffusersDpm(int steps, double shift) {
    double[] alphas = line(1, 1.0 / TRAINING_STEPS, checked(steps) + 1);
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i < steps; i++) sigmas[i] = shift(1 - alphas[steps - i], shift);
    return whole(sigmas);
  }

  private static int checked(int steps) {
    if (steps >= 1 && steps <= TRAINING_STEPS) return steps;
    throw new IllegalArgumentException("schedule: " + steps + " steps; needs 1 to " + TRAINING_STEPS);
  }

  /// `count` numbers from `first` to `last`, in the order of operations of NumPy: cutting a timestep sees the last bit.
  private static double[] line(double first, double last, int count) {
    double[] points = new double[count];
    double step = (last - first) / Math.max(1, count - 1);
    for (int i = 0; i < count; i++) points[i] = i * step + first;
    if (count > 1) points[count - 1] = last;
    return points;
  }

  /// All levels shifted, with 0 in the last place.
  private static double[] shifted(double[] levels, double shift) {
    double[] sigmas = new double[levels.length];
    for (int i = 0; i < levels.length - 1; i++) sigmas[i] = shift(levels[i], shift);
    return sigmas;
  }

  private static Schedule real(double[] sigmas) {
    return of(sigmas, Arrays.stream(sigmas).limit(sigmas.length - 1).map(s -> (float) s * TRAINING_STEPS).toArray());
  }

  private static Schedule whole(double[] sigmas) {
    return of(sigmas, Arrays.stream(sigmas).limit(sigmas.length - 1).map(s -> Math.floor(s * TRAINING_STEPS)).toArray());
  }

  /// How many times the network runs.
  public int steps() { return timesteps.length; }

  /// The level before step `index`; the one after it has index `index + 1`.
  public double sigma(int index) { return sigmas[index]; }

  /// What the network is told at step `index`.
  public double timestep(int index) { return timesteps[index]; }

  /// All levels: one more than there are steps.
  public double[] sigmas() { return sigmas.clone(); }

  public double[] timesteps() { return timesteps.clone(); }
}
