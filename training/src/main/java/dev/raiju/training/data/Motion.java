package dev.raiju.training.data;

import java.util.Locale;

/// How an object moves through a clip.
public enum Motion {
  RIGHT, LEFT, UP, DOWN, STILL,
  /// Once around, clockwise as seen.
  CIRCLE,
  /// Up and down on a floor.
  BOUNCE;

  public String word() { return name().toLowerCase(Locale.ROOT); }
}
