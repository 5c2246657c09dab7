package dev.raiju.training.data;

import java.util.Locale;

/// A shape, by its geometry: lengths are in units of the object's radius, chosen so that all shapes of one radius look about
/// equally large. Triangle and star point up.
public enum ShapeKind implements Subject {
  CIRCLE(new double[0][], 1, Math.PI),
  /// Axis-aligned, with half side [#HALF_SIDE].
  SQUARE(corners(ShapeKind.HALF_SIDE, ShapeKind.HALF_SIDE), ShapeKind.HALF_SIDE, 4 * ShapeKind.HALF_SIDE * ShapeKind.HALF_SIDE),
  /// Equilateral, with circumradius [#CIRCUMRADIUS].
  TRIANGLE(around(ShapeKind.CIRCUMRADIUS, 3), ShapeKind.CIRCUMRADIUS / 2,
      0.75 * Math.sqrt(3) * ShapeKind.CIRCUMRADIUS * ShapeKind.CIRCUMRADIUS),
  /// Two bars across each other, each `2 · ARM` long and `2 · HALF_WIDTH` wide.
  CROSS(corners(ShapeKind.ARM, ShapeKind.HALF_WIDTH, ShapeKind.HALF_WIDTH, ShapeKind.ARM), 1.4 * ShapeKind.HALF_WIDTH,
      4 * ShapeKind.HALF_WIDTH * (2 * ShapeKind.ARM - ShapeKind.HALF_WIDTH)),
  /// Five tips at [#TIP], five notches at [#NOTCH] · tip.
  STAR(around(ShapeKind.TIP, 5), 0.56 * ShapeKind.TIP, 5 * ShapeKind.TIP * ShapeKind.TIP * ShapeKind.NOTCH * ShapeKind.SIN_36);

  private static final double HALF_SIDE = 0.87;
  private static final double CIRCUMRADIUS = 1.35;
  private static final double ARM = 1.1;
  private static final double HALF_WIDTH = 0.37;
  private static final double TIP = 1.45;
  private static final double NOTCH = 0.6;
  private static final double SIN_36 = 0.5877852522924731;
  private static final double COS_36 = 0.8090169943749475;
  private static final double ROOT_3 = 1.7320508075688772;

  /// Corners of the convex hull, `{right, down}`; the circle has none.
  private final double[][] hull;
  private final double solid;
  private final double area;

  ShapeKind(double[][] hull, double solid, double area) {
    this.hull = hull;
    this.solid = solid;
    this.area = area;
  }

  /// The corners `(±a, ±b)` of each given pair.
  private static double[][] corners(double... pairs) {
    double[][] corners = new double[2 * pairs.length][];
    for (int i = 0; i < corners.length; i++) {
      int pair = i / 4 * 2;
      corners[i] = new double[] {(i & 1) == 0 ? pairs[pair] : -pairs[pair], (i & 2) == 0 ? pairs[pair + 1] : -pairs[pair + 1]};
    }
    return corners;
  }

  /// `count` corners evenly around a circle, the first one on top.
  private static double[][] around(double radius, int count) {
    double[][] corners = new double[count][];
    for (int i = 0; i < count; i++) {
      double angle = 2 * Math.PI * i / count;
      corners[i] = new double[] {radius * StrictMath.sin(angle), -radius * StrictMath.cos(angle)};
    }
    return corners;
  }

  @Override
  public String word() { return name().toLowerCase(Locale.ROOT); }

  /// The area at radius 1.
  public double area() { return area; }

  /// The radius of a disc around the centre that lies inside the shape, at radius 1.
  double solid() { return solid; }

  /// How far the shape reaches from its centre in the direction of the unit vector (`right`, `down`), at radius 1.
  public double reach(double right, double down) {
    double reach = hull.length == 0 ? 1 : 0;
    for (double[] corner : hull) reach = Math.max(reach, corner[0] * right + corner[1] * down);
    return reach;
  }

  /// The signed distance of a point from the outline, negative inside.
  ///
  /// @param right of the centre
  /// @param down from the centre
  public double distance(double right, double down, double radius) {
    return switch (this) {
      case CIRCLE -> Math.sqrt(right * right + down * down) - radius;
      case SQUARE -> box(Math.abs(right) - HALF_SIDE * radius, Math.abs(down) - HALF_SIDE * radius);
      case TRIANGLE -> triangle(Math.abs(right), -down, CIRCUMRADIUS * radius);
      case CROSS -> cross(Math.abs(right), Math.abs(down), radius);
      case STAR -> star(Math.abs(right), -down, TIP * radius);
    };
  }

  /// From how far a point lies beyond the half sides.
  private static double box(double x, double y) {
    double outX = Math.max(x, 0);
    double outY = Math.max(y, 0);
    return Math.sqrt(outX * outX + outY * outY) + Math.min(Math.max(x, y), 0);
  }

  /// The right half is folded over the mirror line through the right corner's bisector, which leaves the bottom edge alone.
  private static double triangle(double x, double up, double circumradius) {
    double halfSide = circumradius * (ROOT_3 / 2);
    double px = x - halfSide;
    double py = up + circumradius / 2;
    if (px + ROOT_3 * py > 0) {
      double folded = (px - ROOT_3 * py) / 2;
      py = (-ROOT_3 * px - py) / 2;
      px = folded;
    }
    px -= Math.clamp(px, -2 * halfSide, 0);
    double length = Math.sqrt(px * px + py * py);
    return py > 0 ? -length : length;
  }

  /// One eighth of the plane is enough: along the arm, above its middle line.
  private static double cross(double x, double y, double radius) {
    double along = Math.max(x, y) - ARM * radius;
    double aside = Math.min(x, y) - HALF_WIDTH * radius;
    if (along > 0 || aside > 0) return outsideCross(x, y, radius);
    // inside an arm: its side, its end, or the inner corner, whichever is nearest
    double corner = HALF_WIDTH * radius - Math.max(x, y);
    double side = corner > 0 ? Math.sqrt(corner * corner + aside * aside) : -aside;
    return -Math.min(side, -along);
  }

  private static double outsideCross(double x, double y, double radius) {
    return Math.min(box(x - ARM * radius, y - HALF_WIDTH * radius), box(x - HALF_WIDTH * radius, y - ARM * radius));
  }

  /// Folded into one tenth of the plane, between a tip and the notch beside it, where the outline is one segment.
  private static double star(double x, double up, double tip) {
    double fold = 2 * Math.max(COS_36 * x - SIN_36 * up, 0);
    double px = x - fold * COS_36;
    double py = up + fold * SIN_36;
    fold = 2 * Math.max(-COS_36 * px - SIN_36 * py, 0);
    px = Math.abs(px + fold * COS_36);
    py = py + fold * SIN_36 - tip;
    // from the tip to the notch
    double edgeX = NOTCH * SIN_36 * tip;
    double edgeY = (NOTCH * COS_36 - 1) * tip;
    double at = Math.clamp((px * edgeX + py * edgeY) / (edgeX * edgeX + edgeY * edgeY), 0, 1);
    double dx = px - edgeX * at;
    double dy = py - edgeY * at;
    double length = Math.sqrt(dx * dx + dy * dy);
    return py * edgeX - px * edgeY > 0 ? length : -length;
  }
}
