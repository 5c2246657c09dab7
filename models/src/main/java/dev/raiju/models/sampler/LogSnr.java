package dev.raiju.models.sampler;

/// Half the logarithm of the signal-to-noise ratio, the time in which the exponential solvers think: `λ = ln(1 - σ) - ln σ`, from -∞
/// for noise to +∞ for data.
final class LogSnr {
  private LogSnr() {}

  static double of(double sigma) { return Math.log(1 - sigma) - Math.log(sigma); }

  /// `exp(-h) - 1` for the distance `h` of two levels.
  static double decay(Schedule schedule, int from, int to) { return Math.expm1(-distance(schedule, from, to)); }

  static double distance(Schedule schedule, int from, int to) { return of(schedule.sigma(to)) - of(schedule.sigma(from)); }
}
