package dev.raiju.training.optim;

/// How the learning rate goes: up from zero over `warmup` steps, level, then down to `last` times the peak over the final part.
///
/// @param shape how it goes down
/// @param peak the highest rate
/// @param warmup steps to reach it
/// @param total steps in all; after them the rate stays at its last value
/// @param decayFrom the part of all steps after which it goes down, 0 to 1
/// @param last the final rate as a part of the peak
public record Schedule(Shape shape, double peak, long warmup, long total, double decayFrom, double last) {
  public enum Shape { CONSTANT, LINEAR, COSINE }

  public Schedule {
    if (peak < 0 || warmup < 0 || total < 1 || decayFrom < 0 || decayFrom > 1 || last < 0) {
      throw new IllegalArgumentException("schedule: peak " + peak + ", warmup " + warmup + ", total " + total + ", decay from "
          + decayFrom + ", last "
          + last + "; needs no negative number, at least one step, and a decay that begins between 0 and 1");
    }
  }

  public static Schedule constant(double rate) { return new Schedule(Shape.CONSTANT, rate, 0, 1, 1, 1); }

  /// The rate of a step, counted from 1.
  public double rate(long step) {
    if (step <= warmup) return peak * step / warmup;
    double from = Math.max(warmup, decayFrom * total);
    if (shape == Shape.CONSTANT || step <= from) return peak;
    double done = Math.min(1, (step - from) / (total - from));
    double left = shape == Shape.LINEAR ? 1 - done : 0.5 + 0.5 * Math.cos(Math.PI * done);
    return peak * (last + (1 - last) * left);
  }
}
