package dev.raiju.training.data;

/// What an object is: a drawn shape or a handwritten digit.
public sealed interface Subject permits ShapeKind, Digit {
  /// Its name in prompts: `circle`, `7`.
  String word();
}
