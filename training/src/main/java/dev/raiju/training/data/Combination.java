package dev.raiju.training.data;

import java.util.ArrayList;
import java.util.List;

/// Attributes whose combination is either for training or held out. A picture counts as a clip that stays still.
public sealed interface Combination {
  /// The words of its line in the list of held-out combinations.
  String words();

  record OfShape(ShapeKind shape, Colour colour, Motion motion) implements Combination {
    @Override
    public String words() { return shape.word() + " " + colour.word() + " " + motion.word(); }
  }

  record OfDigit(Digit digit, Motion motion) implements Combination {
    @Override
    public String words() { return digit.word() + " " + motion.word(); }
  }

  /// That of an object in a scene.
  static Combination of(Actor actor) {
    return switch (actor) {
      case Actor.Drawn(ShapeKind shape, Colour colour, _, _, Trajectory path) -> new OfShape(shape, colour, path.motion());
      case Actor.Written(Digit digit, _, Trajectory path) -> new OfDigit(digit, path.motion());
    };
  }

  /// Every combination of a shape: 280.
  static List<OfShape> shapes() {
    List<OfShape> all = new ArrayList<>();
    for (ShapeKind shape : ShapeKind.values()) {
      for (Colour colour : Colour.values()) {
        for (Motion motion : Motion.values()) all.add(new OfShape(shape, colour, motion));
      }
    }
    return all;
  }

  /// Every combination of a digit: 70.
  static List<OfDigit> digits() {
    List<OfDigit> all = new ArrayList<>();
    for (int i = 0; i < Digit.COUNT; i++) {
      for (Motion motion : Motion.values()) all.add(new OfDigit(new Digit(i), motion));
    }
    return all;
  }
}
