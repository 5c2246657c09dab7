package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

/// Against outlines as plain polygons with the corners that the recipe gives, and a point-in-polygon test.
class ShapeKindTest {
  @Property(tries = 600)
  void distanceIsThatOfTheOutline(@ForAll ShapeKind shape, @ForAll @DoubleRange(min = -25, max = 25) double right,
      @ForAll @DoubleRange(min = -25, max = 25) double down, @ForAll @DoubleRange(min = 1, max = 12) double radius) {
    double[][] corners = corners(shape);
    double nearest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < corners.length; i++) {
      nearest = Math.min(nearest, toSegment(right, down, corners[i], corners[(i + 1) % corners.length], radius));
    }
    // 4,000 corners make a circle to 4e-7 of its radius
    assertEquals(inside(right, down, corners, radius) ? -nearest : nearest, shape.distance(right, down, radius), 1e-5);
  }

  @Property(tries = 500)
  void reachIsTheFarthestCorner(@ForAll ShapeKind shape, @ForAll @DoubleRange(min = 0, max = 6.3) double angle) {
    double farthest = 0;
    for (double[] corner : corners(shape)) {
      farthest = Math.max(farthest, corner[0] * Math.cos(angle) + corner[1] * Math.sin(angle));
    }
    assertEquals(farthest, shape.reach(Math.cos(angle), Math.sin(angle)), 1e-6);
  }

  @Property
  void areaIsThatOfThePolygon(@ForAll ShapeKind shape) {
    double[][] corners = corners(shape);
    double doubled = 0;
    for (int i = 0; i < corners.length; i++) {
      double[] next = corners[(i + 1) % corners.length];
      doubled += corners[i][0] * next[1] - corners[i][1] * next[0];
    }
    assertEquals(Math.abs(doubled) / 2, shape.area(), 1e-5);
  }

  @Property(tries = 200)
  void theSolidDiscIsInside(@ForAll ShapeKind shape, @ForAll @DoubleRange(min = 0, max = 6.3) double angle) {
    assertTrue(shape.distance(shape.solid() * Math.cos(angle), shape.solid() * Math.sin(angle), 1) <= 0);
  }

  /// In order around the shape, `{right, down}` at radius 1.
  private static double[][] corners(ShapeKind shape) {
    return switch (shape) {
      case CIRCLE -> around(4_000, 1, 1);
      case SQUARE -> new double[][] {{-0.87, -0.87}, {0.87, -0.87}, {0.87, 0.87}, {-0.87, 0.87}};
      case TRIANGLE -> around(3, 1.35, 1.35);
      case STAR -> around(10, 1.45, 0.6 * 1.45);
      case CROSS -> new double[][] {{-0.37, -1.1}, {0.37, -1.1}, {0.37, -0.37}, {1.1, -0.37}, {1.1, 0.37}, {0.37, 0.37},
        {0.37, 1.1}, {-0.37, 1.1}, {-0.37, 0.37}, {-1.1, 0.37}, {-1.1, -0.37}, {-0.37, -0.37}};
    };
  }

  private static double[][] around(int count, double even, double odd) {
    double[][] corners = new double[count][];
    for (int i = 0; i < count; i++) {
      double radius = i % 2 == 0 ? even : odd;
      corners[i] = new double[] {radius * Math.sin(2 * Math.PI * i / count), -radius * Math.cos(2 * Math.PI * i / count)};
    }
    return corners;
  }

  private static double toSegment(double x, double y, double[] from, double[] to, double radius) {
    double alongX = (to[0] - from[0]) * radius;
    double alongY = (to[1] - from[1]) * radius;
    double fromX = x - from[0] * radius;
    double fromY = y - from[1] * radius;
    double at = Math.clamp((fromX * alongX + fromY * alongY) / (alongX * alongX + alongY * alongY), 0, 1);
    return Math.hypot(fromX - at * alongX, fromY - at * alongY);
  }

  /// Whether a ray to the right crosses the outline an odd number of times.
  private static boolean inside(double x, double y, double[][] corners, double radius) {
    boolean inside = false;
    for (int i = 0; i < corners.length; i++) {
      double[] a = corners[i];
      double[] b = corners[(i + 1) % corners.length];
      if (a[1] * radius > y == b[1] * radius > y) continue;
      if (x < radius * (a[0] + (y / radius - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))) inside = !inside;
    }
    return inside;
  }
}
