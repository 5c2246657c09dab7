package dev.raiju.training.data;

import java.util.List;
import java.util.Optional;

/// What a clip shows, to be painted: the whole truth, of which a caption says a part.
///
/// @param frames how many, 1 for a picture
public record Scene(List<Actor> actors, int frames) {
  /// How much longer the way along a relation must be than across it, to speak of it.
  private static final double CLEAR = 1.5;

  public Scene {
    actors = List.copyOf(actors);
  }

  public Frames paint() { return Painter.paint(this); }

  /// Everything that a caption could say of the objects, first to last.
  public Caption caption() { return new Caption(actors.stream().map(Actor::phrase).toList(), Optional.empty()); }

  /// Where the first of two objects is, seen from the second in the first frame; empty if it is as much beside it as above
  /// or below.
  public Optional<Relation> relation() {
    if (actors.size() != 2) return Optional.empty();
    Trajectory first = actors.getFirst().path();
    Trajectory second = actors.getLast().path();
    double right = first.x(0) - second.x(0);
    double down = first.y(0) - second.y(0);
    for (Relation relation : Relation.values()) {
      if (relation.along(right, down) > CLEAR * relation.across(right, down)) return Optional.of(relation);
    }
    return Optional.empty();
  }
}
