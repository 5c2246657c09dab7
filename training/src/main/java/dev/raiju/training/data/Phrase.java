package dev.raiju.training.data;

import java.util.Optional;

/// What a prompt says of one object; what it leaves open is empty, and any value will do.
public record Phrase(Optional<Size> size, Optional<Colour> colour, Subject subject, Optional<Motion> motion) {
  /// A shape of which everything is said.
  public static Phrase of(Size size, Colour colour, ShapeKind shape, Motion motion) {
    return new Phrase(Optional.of(size), Optional.of(colour), shape, Optional.of(motion));
  }

  /// A digit that moves.
  public static Phrase of(Digit digit, Motion motion) {
    return new Phrase(Optional.empty(), Optional.empty(), digit, Optional.of(motion));
  }

  public Phrase withoutSize() { return new Phrase(Optional.empty(), colour, subject, motion); }

  public Phrase withoutMotion() { return new Phrase(size, colour, subject, Optional.empty()); }
}
