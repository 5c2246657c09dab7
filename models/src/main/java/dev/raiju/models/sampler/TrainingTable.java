package dev.raiju.models.sampler;

/// The thousand noise levels of training, evenly spaced and then shifted, with their timesteps and loss weights.
public final class TrainingTable {
  private static final int SIZE = Schedule.TRAINING_STEPS;

  private final double[] sigmas = new double[SIZE];
  private final double[] weights = new double[SIZE];

  private TrainingTable() {}

  /// The table for a shift; 1 leaves levels even.
  public static TrainingTable of(double shift) {
    TrainingTable table = new TrainingTable();
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < SIZE; i++) {
      table.sigmas[i] = (float) Schedule.shift(1 - i / (double) SIZE, shift);
      double off = table.sigmas[i] - 0.5;
      table.weights[i] = Math.exp(-2 * off * off);
      least = Math.min(least, table.weights[i]);
    }
    double total = 0;
    for (int i = 0; i < SIZE; i++) total += table.weights[i] -= least;
    for (int i = 0; i < SIZE; i++) table.weights[i] *= SIZE / total;
    return table;
  }

  /// From 1 down.
  public double[] sigmas() { return sigmas.clone(); }

  /// `1000 · σ`.
  public double[] timesteps() {
    double[] timesteps = new double[SIZE];
    for (int i = 0; i < SIZE; i++) timesteps[i] = SIZE * sigmas[i];
    return timesteps;
  }

  /// A bell over the timesteps, zero at the lowest and 1 in the mean: the loss weights of plain flow training in Self-Forcing.
  public double[] weights() { return weights.clone(); }

  /// The level of the entry whose timestep is nearest.
  public double sigma(double timestep) { return sigmas[nearest(timestep)]; }

  /// The loss weight of the entry whose timestep is nearest.
  public double weight(double timestep) { return weights[nearest(timestep)]; }

  /// The timestep in place `1000 - step`: what an even step becomes under the shift; 0 stays 0.
  public double warped(int step) {
    if (step < 0 || step > SIZE) throw new IllegalArgumentException("schedule: step " + step + "; needs 0 to " + SIZE);
    return step == 0 ? 0 : SIZE * sigmas[SIZE - step];
  }

  private int nearest(double timestep) {
    int best = 0;
    for (int i = 1; i < SIZE; i++) {
      if (Math.abs(SIZE * sigmas[i] - timestep) < Math.abs(SIZE * sigmas[best] - timestep)) best = i;
    }
    return best;
  }
}
