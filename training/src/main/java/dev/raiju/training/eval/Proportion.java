package dev.raiju.training.eval;

import java.util.Locale;

/// How many of how many, and how sure that is.
public record Proportion(int right, int of) {
  /// Standard deviations of a 95 % interval.
  private static final double Z = 1.959963984540054;

  public Proportion {
    if (right < 0 || right > of) throw new IllegalArgumentException("proportion: " + right + " of " + of);
  }

  /// Nothing seen yet.
  public static Proportion none() { return new Proportion(0, 0); }

  public Proportion plus(boolean right) { return new Proportion(this.right + (right ? 1 : 0), of + 1); }

  public Proportion plus(Proportion other) { return new Proportion(right + other.right, of + other.of); }

  /// NaN of nothing.
  public double rate() { return (double) right / of; }

  /// The lower end of the 95 % interval of Wilson 1927, "Probable inference, the law of succession": it holds for few trials
  /// and for rates near 0 and 1.
  public double low() { return of == 0 ? 0 : Math.max(middle() - halfWidth(), 0); }

  /// Its upper end.
  public double high() { return of == 0 ? 1 : Math.min(middle() + halfWidth(), 1); }

  private double middle() { return (right + Z * Z / 2) / (of + Z * Z); }

  private double halfWidth() { return Z / (of + Z * Z) * Math.sqrt((double) right * (of - right) / of + Z * Z / 4); }

  /// `95 of 100: 95.0 % (88.8 to 97.8)`.
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d of %d: %.1f %% (%.1f to %.1f)", right, of, 100 * rate(), 100 * low(), 100 * high());
  }
}
