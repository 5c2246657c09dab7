package dev.raiju.training.eval;

import dev.raiju.training.data.Actor;
import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Combination;
import dev.raiju.training.data.Combinations;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Handwriting;
import dev.raiju.training.data.Motion;
import dev.raiju.training.data.MovingDigits;
import dev.raiju.training.data.MovingShapes;
import dev.raiju.training.data.Scene;
import dev.raiju.training.data.ShapeKind;
import dev.raiju.training.data.Size;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Scenes that differ from a given one in one attribute of their first object.
final class Changed {
  private Changed() {}

  /// Empty where the scene has no such attribute, or changing it needs more than another object.
  static Optional<Scene> scene(Scene scene, Attribute attribute, int by) {
    if (attribute == Attribute.COUNT) return Optional.of(another(scene, by));
    Optional<Actor> actor = switch (scene.actors().getFirst()) {
      case Actor.Drawn drawn -> drawn(drawn, scene, attribute, by);
      case Actor.Written written -> written(written, attribute, by);
    };
    return actor.map(changed -> {
      List<Actor> actors = new ArrayList<>(scene.actors());
      actors.set(0, changed);
      return new Scene(actors, scene.frames());
    });
  }

  /// One object more beside one, one less of two.
  private static Scene another(Scene scene, int by) {
    List<Actor> actors = new ArrayList<>(scene.actors());
    if (actors.size() == 2) {
      actors.remove(by % 2);
      return new Scene(actors, scene.frames());
    }
    Colour colour = actors.getFirst() instanceof Actor.Drawn drawn ? next(Colour.values(), drawn.colour(), by) : Colour.RED;
    MovingShapes others = MovingShapes.of(99, new Combinations(List.of(new Combination.OfShape(ShapeKind.CROSS, colour,
        Motion.STILL)), List.of()));
    // the first that keeps away from it
    for (int i = 0;; i++) {
      Actor other = others.one(i).scene().actors().getFirst();
      if (apart(actors.getFirst(), other, scene.frames())) return new Scene(List.of(actors.getFirst(), other), scene.frames());
    }
  }

  private static boolean apart(Actor a, Actor b, int frames) {
    for (int t = 0; t < frames; t++) {
      if (Math.hypot(a.path().x(t) - b.path().x(t), a.path().y(t) - b.path().y(t)) < 24) return false;
    }
    return true;
  }

  private static Optional<Actor> drawn(Actor.Drawn a, Scene scene, Attribute attribute, int by) {
    return switch (attribute) {
      case SHAPE -> Optional.of(new Actor.Drawn(next(ShapeKind.values(), a.shape(), by), a.colour(), a.size(), a.radius(), a
          .path()));
      case COLOUR -> {
        Colour colour = next(Colour.values(), a.colour(), by);
        boolean taken = scene.actors().getLast() instanceof Actor.Drawn last && last.colour() == colour;
        yield taken ? Optional.empty() : Optional.of(new Actor.Drawn(a.shape(), colour, a.size(), a.radius(), a.path()));
      }
      // a larger one might not have room
      case SIZE -> a.size() == Size.SMALL
          ? Optional.empty()
          : Optional.of(new Actor.Drawn(a.shape(), a.colour(), Size.SMALL, a.radius() / Size.LARGE.radius() * Size.SMALL.radius(),
              a.path()));
      case MOTION -> {
        Motion motion = next(Motion.values(), a.motion(), by);
        var only = new Combinations(List.of(new Combination.OfShape(a.shape(), a.colour(), motion)), List.of());
        yield scene.actors().size() == 2
            ? Optional.empty()
            : Optional.of(MovingShapes.of(98, only).one(by).scene().actors().getFirst())
                .map(moved -> new Actor.Drawn(a.shape(), a.colour(), a.size(), a.radius(), moved.path()));
      }
      case COUNT, DIGIT, RELATION, STEADINESS -> Optional.empty();
    };
  }

  private static Optional<Actor> written(Actor.Written a, Attribute attribute, int by) {
    return switch (attribute) {
      case DIGIT -> {
        Digit digit = new Digit((a.digit().value() + 1 + by % 9) % 10);
        List<Handwriting.Sample> samples = Handwriting.training().of(digit);
        yield Optional.of(new Actor.Written(digit, samples.get(by % samples.size()), a.path()));
      }
      case MOTION -> {
        var only = new Combinations(List.of(), List.of(new Combination.OfDigit(a.digit(), next(Motion.values(), a.motion(),
            by))));
        yield Optional.of(MovingDigits.of(98, only, Handwriting.training()).clip(by).scene().actors().getFirst());
      }
      case COUNT, SHAPE, COLOUR, SIZE, RELATION, STEADINESS -> Optional.empty();
    };
  }

  /// Any value but this one.
  private static <T extends Enum<T>> T next(T[] values, T value, int by) {
    return values[(value.ordinal() + 1 + by % (values.length - 1)) % values.length];
  }
}
