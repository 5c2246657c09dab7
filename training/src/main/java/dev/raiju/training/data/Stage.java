package dev.raiju.training.data;

import dev.raiju.tensor.Rng;
import java.util.List;

/// Draws where objects are and how they move, so that they stay inside the picture and apart.
final class Stage {
  /// Free pixels at the edge of the picture.
  private static final double MARGIN = 1;
  /// Centres keep this multiple of the radii apart, and the gap.
  private static final double APART = 1.15;
  /// How often two objects are placed anew before others are drawn: some pairs, such as two large stars on crossing ways,
  /// hardly ever fit.
  private static final int ATTEMPTS = 64;

  private Stage() {}

  static Scene shape(Combination.OfShape combination, int frames, Rng rng) {
    return new Scene(List.of(place(combination, size(rng), rng)), frames);
  }

  /// Two shapes of different colours.
  ///
  /// @param gap free pixels between them, in every frame
  static Scene shapes(List<Combination.OfShape> allowed, int frames, int gap, Rng rng) {
    for (;;) {
      Combination.OfShape first = any(allowed, rng);
      Combination.OfShape second = any(allowed, rng);
      Size firstSize = size(rng);
      Size secondSize = size(rng);
      for (int i = 0; i < ATTEMPTS && first.colour() != second.colour(); i++) {
        Actor.Drawn a = place(first, firstSize, rng);
        Actor.Drawn b = place(second, secondSize, rng);
        if (apart(a, b, frames, gap)) return new Scene(List.of(a, b), frames);
      }
    }
  }

  static Scene digit(Combination.OfDigit combination, Handwriting handwriting, int frames, Rng rng) {
    Handwriting.Sample sample = any(handwriting.of(combination.digit()), rng);
    Trajectory path = path(combination.motion(), sample.reach(-1, 0), sample.reach(1, 0), sample.reach(0, -1), sample.reach(0, 1),
        rng);
    return new Scene(List.of(new Actor.Written(combination.digit(), sample, path)), frames);
  }

  static <T> T any(List<T> options, Rng rng) { return options.get(rng.nextInt(options.size())); }

  private static Size size(Rng rng) { return rng.nextInt(2) == 0 ? Size.SMALL : Size.LARGE; }

  private static Actor.Drawn place(Combination.OfShape combination, Size size, Rng rng) {
    ShapeKind shape = combination.shape();
    double radius = size.radius() * between(0.95, 1.05, rng);
    Trajectory path = path(combination.motion(), radius * shape.reach(-1, 0), radius * shape.reach(1, 0),
        radius * shape.reach(0, -1), radius * shape.reach(0, 1), rng);
    return new Actor.Drawn(shape, combination.colour(), size, radius, path);
  }

  /// A way that keeps an object, which reaches so far around its centre, inside the picture.
  private static Trajectory path(Motion motion, double left, double right, double up, double down, Rng rng) {
    double span = switch (motion) {
      case LEFT, RIGHT, UP, DOWN -> between(24, 30, rng);
      case CIRCLE -> between(7.5, 9.5, rng);
      case BOUNCE -> between(14, 20, rng);
      case STILL -> 0;
    };
    double phase = motion == Motion.CIRCLE ? between(0, 2 * Math.PI, rng) : 0;
    boolean orbit = motion == Motion.CIRCLE;
    double toLeft = orbit || motion == Motion.LEFT ? span : 0;
    double toRight = orbit || motion == Motion.RIGHT ? span : 0;
    double upward = orbit || motion == Motion.UP || motion == Motion.BOUNCE ? span : 0;
    double downward = orbit || motion == Motion.DOWN ? span : 0;
    double x = between(MARGIN + left + toLeft, Frames.SIDE - MARGIN - right - toRight, rng);
    double y = between(MARGIN + up + upward, Frames.SIDE - MARGIN - down - downward, rng);
    return new Trajectory(motion, x, y, span, phase);
  }

  private static double between(double low, double high, Rng rng) { return low + (high - low) * rng.nextUniform(); }

  private static boolean apart(Actor.Drawn a, Actor.Drawn b, int frames, int gap) {
    double centres = APART * (a.radius() + b.radius()) + gap;
    for (int t = 0; t < frames; t++) {
      double right = b.path().x(t) - a.path().x(t);
      double down = b.path().y(t) - a.path().y(t);
      double distance = Math.sqrt(right * right + down * down);
      if (distance <= centres) return false;
      // tips reach beyond the radius: the hulls are apart if a line across the way between the centres parts them
      double x = right / distance;
      double y = down / distance;
      if (distance - a.radius() * a.shape().reach(x, y) - b.radius() * b.shape().reach(-x, -y) < gap) return false;
    }
    return true;
  }
}
