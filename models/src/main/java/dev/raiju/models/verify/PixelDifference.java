package dev.raiju.models.verify;

import java.util.Locale;

/// How the bytes of two pictures or clips of one size differ.
///
/// @param values that were compared
/// @param different values that are not the same
/// @param worst difference of a value, of 255
public record PixelDifference(long values, long different, int worst) {
  // of all values
  private static final double ROUNDED = 0.01;

  /// That of nothing.
  public static final PixelDifference NONE = new PixelDifference(0, 0, 0);

  /// Compares byte by byte.
  ///
  /// @throws IllegalArgumentException if one has more than the other
  public static PixelDifference of(byte[] wanted, byte[] found) {
    if (wanted.length != found.length)
      throw new IllegalArgumentException("pixels: " + found.length + " bytes; needs " + wanted.length);
    long different = 0;
    int worst = 0;
    for (int i = 0; i < wanted.length; i++) {
      int off = Math.abs((wanted[i] & 255) - (found[i] & 255));
      if (off > 0) different++;
      worst = Math.max(worst, off);
    }
    return new PixelDifference(wanted.length, different, worst);
  }

  /// This and that of more pictures.
  public PixelDifference plus(PixelDifference more) {
    return new PixelDifference(values + more.values, different + more.different, Math.max(worst, more.worst));
  }

  /// Whether rounding alone explains it: sums that run in another order may move a value over the edge between two steps.
  public boolean isRounding() { return worst <= 1 && different <= ROUNDED * values; }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d of %d values differ, by at most %d of 255", different, values, worst);
  }
}
