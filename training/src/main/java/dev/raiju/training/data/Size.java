package dev.raiju.training.data;

import java.util.Locale;

/// How large a shape is.
public enum Size {
  SMALL(6),
  LARGE(9.5);

  private final double radius;

  Size(double radius) {
    this.radius = radius;
  }

  /// The usual radius in pixels; objects vary by 5 % around it.
  public double radius() { return radius; }

  public String word() { return name().toLowerCase(Locale.ROOT); }
}
