package dev.raiju.training.data;

/// Where an object's centre is, frame by frame, in pixels from the upper left corner of the picture.
///
/// @param x where it starts; of an orbit the middle, of a bounce where it stands on the floor
/// @param y likewise
/// @param span the whole way of a straight motion, the radius of an orbit, the height of a bounce
/// @param phase where on its orbit it starts, in radians clockwise from the right
public record Trajectory(Motion motion, double x, double y, double span, double phase) {
  /// Frames in which an orbit closes and a straight motion ends.
  private static final int STEPS = Frames.CLIP - 1;
  /// Frames from floor to floor.
  private static final int BOUNCE_STEPS = 8;

  public double x(int frame) { return x + right(frame); }

  public double y(int frame) { return y + down(frame); }

  // StrictMath: the same clip on every machine
  private double right(int frame) {
    return switch (motion) {
      case RIGHT -> span * frame / STEPS;
      case LEFT -> -span * frame / STEPS;
      case CIRCLE -> span * StrictMath.cos(phase + 2 * Math.PI * frame / STEPS);
      case UP, DOWN, STILL, BOUNCE -> 0;
    };
  }

  private double down(int frame) {
    return switch (motion) {
      case DOWN -> span * frame / STEPS;
      case UP -> -span * frame / STEPS;
      case CIRCLE -> span * StrictMath.sin(phase + 2 * Math.PI * frame / STEPS);
      case BOUNCE -> -span * Math.abs(StrictMath.sin(Math.PI * frame / BOUNCE_STEPS));
      case RIGHT, LEFT, STILL -> 0;
    };
  }
}
