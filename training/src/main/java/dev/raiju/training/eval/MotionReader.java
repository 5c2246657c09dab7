package dev.raiju.training.eval;

import dev.raiju.training.data.Motion;
import java.util.Arrays;
import java.util.Optional;

/// Which motion a way through the picture is, by its form alone; speeds and lengths may be others than in training. Ways
/// that are none of the motions, or two of them, are none.
final class MotionReader {
  /// What still stays within, in pixels.
  private static final double STILL = 3;
  /// The least way that counts as going somewhere.
  private static final double WAY = 12;
  /// How much a straight way may stray aside, and go back, for each pixel ahead.
  private static final double ASIDE = 0.3;
  private static final double BACK = 2;
  /// The least part of a circle that counts as one, in turns.
  private static final double TURN = 0.75;
  private static final double LEAST_RADIUS = 4;
  /// How much a circle may be dented, for each pixel of its radius.
  private static final double DENT = 0.2;
  private static final double LEAST_BOUNCE = 8;
  /// The least rise or fall that counts as one.
  private static final double TURNING = 3;

  private MotionReader() {}

  static Optional<Motion> read(double[] x, double[] y) {
    if (x.length < 2) return Optional.empty();
    double width = range(x);
    double height = range(y);
    if (Math.max(width, height) <= STILL) return Optional.of(Motion.STILL);
    double right = x[x.length - 1] - x[0];
    double down = y[y.length - 1] - y[0];
    if (straight(x, right, height)) return Optional.of(right > 0 ? Motion.RIGHT : Motion.LEFT);
    if (straight(y, down, width)) return Optional.of(down > 0 ? Motion.DOWN : Motion.UP);
    if (circle(x, y)) return Optional.of(Motion.CIRCLE);
    boolean bounces = height >= LEAST_BOUNCE && width <= ASIDE * height + STILL && turnings(y) > 0;
    return bounces ? Optional.of(Motion.BOUNCE) : Optional.empty();
  }

  private static boolean straight(double[] along, double way, double aside) {
    return Math.abs(way) >= WAY && aside <= ASIDE * Math.abs(way) && back(along, Math.signum(way)) <= BACK;
  }

  /// The longest way back.
  private static double back(double[] along, double sign) {
    double farthest = Double.NEGATIVE_INFINITY;
    double back = 0;
    for (double place : along) {
      farthest = Math.max(farthest, sign * place);
      back = Math.max(back, farthest - sign * place);
    }
    return back;
  }

  /// Whether the way goes around the centre of the circle that fits it best: `x² + y² = 2·a·x + 2·b·y + c` by least squares.
  private static boolean circle(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xx = 0;
    double yy = 0;
    double xy = 0;
    double xz = 0;
    double yz = 0;
    double meanZ = 0;
    for (int i = 0; i < x.length; i++) {
      double u = x[i] - meanX;
      double v = y[i] - meanY;
      double z = u * u + v * v;
      xx += u * u;
      yy += v * v;
      xy += u * v;
      xz += u * z;
      yz += v * z;
      meanZ += z / x.length;
    }
    double determinant = xx * yy - xy * xy;
    if (determinant < 1e-6 * xx * yy) return false;
    double a = (xz * yy - yz * xy) / (2 * determinant);
    double b = (yz * xx - xz * xy) / (2 * determinant);
    double radius = Math.sqrt(meanZ + a * a + b * b);
    if (radius < LEAST_RADIUS) return false;
    double turned = 0;
    double turnedBack = 0;
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      double u = x[i] - meanX - a;
      double v = y[i] - meanY - b;
      double dent = Math.hypot(u, v) - radius;
      squares += dent * dent;
      if (i == 0) continue;
      double beforeU = x[i - 1] - meanX - a;
      double beforeV = y[i - 1] - meanY - b;
      double angle = Math.atan2(beforeU * v - beforeV * u, beforeU * u + beforeV * v);
      turned += angle;
      turnedBack += Math.abs(angle);
    }
    turnedBack = (turnedBack - Math.abs(turned)) / 2;
    return Math.abs(turned) >= TURN * 2 * Math.PI && turnedBack <= 0.5 && Math.sqrt(squares / x.length) <= DENT * radius;
  }

  /// How often the way turns around, after at least [#TURNING] pixels and for as many.
  private static int turnings(double[] along) {
    int turnings = 0;
    int direction = 0;
    double extreme = along[0];
    for (double place : along) {
      if (direction == 0) {
        if (Math.abs(place - extreme) >= TURNING) {
          direction = place > extreme ? 1 : -1;
          extreme = place;
        }
      } else if ((place - extreme) * direction > 0) {
        extreme = place;
      } else if ((extreme - place) * direction >= TURNING) {
        direction = -direction;
        extreme = place;
        turnings++;
      }
    }
    return turnings;
  }

  private static double range(double[] places) {
    return Arrays.stream(places).max().orElseThrow() - Arrays.stream(places).min().orElseThrow();
  }
}
