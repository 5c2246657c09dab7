package dev.raiju.training.data;

import java.util.Optional;

/// One object of a scene: what it is and where it goes.
public sealed interface Actor {
  Subject subject();

  Trajectory path();

  /// Everything that a prompt could say of it.
  Phrase phrase();

  default Motion motion() { return path().motion(); }

  /// A drawn shape.
  ///
  /// @param radius in pixels
  record Drawn(ShapeKind shape, Colour colour, Size size, double radius, Trajectory path) implements Actor {
    @Override
    public Subject subject() { return shape; }

    @Override
    public Phrase phrase() { return Phrase.of(size, colour, shape, motion()); }
  }

  /// A handwritten digit, in light grey: ink has no colour or size to speak of.
  record Written(Digit digit, Handwriting.Sample sample, Trajectory path) implements Actor {
    @Override
    public Subject subject() { return digit; }

    @Override
    public Phrase phrase() {
      return new Phrase(Optional.empty(), Optional.empty(), digit, Optional.of(motion()));
    }
  }
}
