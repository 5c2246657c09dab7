package dev.raiju.training.data;

import java.util.Locale;

/// What kinds of examples there are.
public enum ClipKind {
  ONE_SHAPE, TWO_SHAPES, DIGIT,
  /// One frame: one shape, two shapes or a digit.
  PICTURE;

  /// As in reports: `one shape`.
  public String words() { return name().toLowerCase(Locale.ROOT).replace('_', ' '); }

  /// The random stream of one example, apart from all others of a seed.
  long stream(long index) {
    if (index < 0) throw new IllegalArgumentException("clip " + index + ": must be 0 or more");
    return index * values().length + ordinal();
  }
}
