package dev.raiju.training.data;

import java.util.List;

/// A choice of combinations, to draw clips from.
public record Combinations(List<Combination.OfShape> shapes, List<Combination.OfDigit> digits) {
  public Combinations {
    shapes = List.copyOf(shapes);
    digits = List.copyOf(digits);
  }

  /// Those of a motion alone.
  public Combinations with(Motion motion) {
    return new Combinations(shapes.stream().filter(c -> c.motion() == motion).toList(),
        digits.stream().filter(c -> c.motion() == motion).toList());
  }
}
