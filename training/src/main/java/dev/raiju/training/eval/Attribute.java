package dev.raiju.training.eval;

import java.util.Locale;

/// What is judged of a clip.
public enum Attribute {
  /// How many objects there are.
  COUNT, SHAPE, DIGIT, COLOUR, SIZE, MOTION,
  /// Where the first object is, seen from the second.
  RELATION,
  /// Every object is there in every frame, and none leaps, flickers or changes its colour or shape.
  STEADINESS;

  public String word() { return name().toLowerCase(Locale.ROOT); }
}
