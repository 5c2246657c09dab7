package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class SceneTest {
  private static final int[] BACKGROUND = {8, 8, 12};

  /// Counting 16 x 16 points in every pixel. Where a pixel holds a corner, its distance from the outline says less: there cover
  /// may be off by 0.4, but over the whole shape that comes to little.
  @Property(tries = 40)
  void edgesAreCoveredAsPointsInThePixelSay(@ForAll ShapeKind shape, @ForAll @DoubleRange(min = 5, max = 10) double radius,
      @ForAll @DoubleRange(min = 20, max = 40) double x, @ForAll @DoubleRange(min = 20, max = 40) double y) {
    Frames frames = still(shape, Colour.WHITE, radius, x, y).paint();
    double off = 0;
    for (int i = 0; i < Frames.SIDE * Frames.SIDE; i++) {
      double covered = 0;
      for (int p = 0; p < 256; p++) {
        double right = i % Frames.SIDE + (p % 16 + 0.5) / 16 - x;
        double down = i / Frames.SIDE + (p / 16 + 0.5) / 16 - y;
        if (shape.distance(right, down, radius) <= 0) covered += 1.0 / 256;
      }
      double painted = (channel(frames, 0, i, 0) - 8) / 247.0;
      assertEquals(covered, painted, 0.4);
      off += Math.abs(covered - painted);
    }
    assertTrue(off < 0.05 * shape.area() * radius * radius, "off by " + off + " pixels");
  }

  @Test
  void insideIsTheColourAndOutsideTheBackground() {
    for (Colour colour : Colour.values()) {
      Frames frames = still(ShapeKind.SQUARE, colour, 6, 30.5, 20.5).paint();
      int[] pure = {colour.red(), colour.green(), colour.blue()};
      for (int c = 0; c < 3; c++) {
        assertEquals(pure[c], channel(frames, 0, 20 * Frames.SIDE + 30, c));
        assertEquals(BACKGROUND[c], channel(frames, 0, 20 * Frames.SIDE + 40, c));
        assertEquals(BACKGROUND[c], channel(frames, 0, 0, c));
      }
    }
  }

  @Test
  void trianglesAndStarsPointUp() {
    for (ShapeKind shape : List.of(ShapeKind.TRIANGLE, ShapeKind.STAR)) {
      Frames frames = still(shape, Colour.WHITE, 9, 32, 32).paint();
      int[] rows = litRows(frames);
      assertTrue(rows[0] <= 21 && rows[rows.length - 1] <= 42, "it reaches further up than down");
      assertTrue(litColumns(frames, rows[0]) <= 2, "and the tip is narrow");
    }
  }

  @Test
  void aDigitAtWholePixelsIsTheSampleItself() {
    Handwriting.Sample sample = Handwriting.training().of(new Digit(5)).getFirst();
    Frames frames = new Scene(List.of(new Actor.Written(new Digit(5), sample, new Trajectory(Motion.STILL, 30, 24, 0, 0))), 1)
        .paint();
    for (int y = 0; y < Frames.SIDE; y++) {
      for (int x = 0; x < Frames.SIDE; x++) {
        int wanted = (int) Math.round(8 + sample.ink(x - 16, y - 10) / 255.0 * (Painter.INK - 8));
        assertEquals(wanted, channel(frames, 0, y * Frames.SIDE + x, 0));
      }
    }
  }

  @Test
  void aDigitBetweenPixelsIsTheMeanOfFour() {
    Handwriting.Sample sample = Handwriting.training().of(new Digit(2)).getFirst();
    Frames frames = new Scene(List.of(new Actor.Written(new Digit(2), sample, new Trajectory(Motion.STILL, 30.5, 24.5, 0, 0))), 1)
        .paint();
    for (int y = 0; y < Frames.SIDE; y++) {
      for (int x = 0; x < Frames.SIDE; x++) {
        double ink = (sample.ink(x - 17, y - 11) + sample.ink(x - 16, y - 11) + sample.ink(x - 17, y - 10) + sample.ink(x - 16, y
            - 10))
            / 4.0;
        assertEquals(8 + ink / 255 * (Painter.INK - 8), channel(frames, 0, y * Frames.SIDE + x, 0), 0.51);
      }
    }
  }

  @Test
  void waysAreWhatTheirNamesSay() {
    assertWay(new Trajectory(Motion.RIGHT, 10, 20, 28, 0), new double[] {10, 24, 38}, new double[] {20, 20, 20});
    assertWay(new Trajectory(Motion.LEFT, 50, 20, 28, 0), new double[] {50, 36, 22}, new double[] {20, 20, 20});
    assertWay(new Trajectory(Motion.UP, 30, 50, 24, 0), new double[] {30, 30, 30}, new double[] {50, 38, 26});
    assertWay(new Trajectory(Motion.DOWN, 30, 20, 24, 0), new double[] {30, 30, 30}, new double[] {20, 32, 44});
    assertWay(new Trajectory(Motion.STILL, 30, 20, 0, 0), new double[] {30, 30, 30}, new double[] {20, 20, 20});
    // half a turn from the right is the left
    assertWay(new Trajectory(Motion.CIRCLE, 30, 20, 8, 0), new double[] {38, 22, 38}, new double[] {20, 20, 20});
    assertWay(new Trajectory(Motion.BOUNCE, 30, 50, 16, 0), new double[] {30, 30, 30}, new double[] {50, 50, 50});
    Trajectory circle = new Trajectory(Motion.CIRCLE, 30, 20, 8, 0);
    assertEquals(28, circle.y(4), 1e-9, "clockwise: from the right it goes down");
    assertEquals(34, new Trajectory(Motion.BOUNCE, 30, 50, 16, 0).y(4), 1e-9, "highest between two floors");
  }

  @Test
  void relationIsOfTheLongerWay() {
    assertEquals(List.of(Relation.LEFT_OF), relation(20, 30, 40, 32));
    assertEquals(List.of(Relation.RIGHT_OF), relation(50, 30, 30, 22));
    assertEquals(List.of(Relation.ABOVE), relation(30, 20, 32, 40));
    assertEquals(List.of(Relation.BELOW), relation(30, 50, 32, 20));
    assertEquals(List.of(), relation(20, 20, 40, 40), "as much left as above");
  }

  private static List<Relation> relation(double x0, double y0, double x1, double y1) {
    Actor first = still(ShapeKind.STAR, Colour.RED, 6, x0, y0).actors().getFirst();
    Actor second = still(ShapeKind.STAR, Colour.BLUE, 6, x1, y1).actors().getFirst();
    return new Scene(List.of(first, second), 1).relation().stream().toList();
  }

  private static void assertWay(Trajectory path, double[] x, double[] y) {
    assertArrayEquals(x, new double[] {path.x(0), path.x(8), path.x(16)}, 1e-9);
    assertArrayEquals(y, new double[] {path.y(0), path.y(8), path.y(16)}, 1e-9);
  }

  private static Scene still(ShapeKind shape, Colour colour, double radius, double x, double y) {
    return new Scene(List.of(new Actor.Drawn(shape, colour, Size.SMALL, radius, new Trajectory(Motion.STILL, x, y, 0, 0))), 1);
  }

  private static int channel(Frames frames, int frame, int pixel, int channel) {
    return frames.rgb()[frames.offset(frame, 0, pixel) + channel] & 0xff;
  }

  /// Rows with a pixel that is more than half covered.
  private static int[] litRows(Frames frames) {
    return IntStream.range(0, Frames.SIDE).filter(row -> litColumns(frames, row) > 0).toArray();
  }

  private static int litColumns(Frames frames, int row) {
    int lit = 0;
    for (int x = 0; x < Frames.SIDE; x++) if (channel(frames, 0, row * Frames.SIDE + x, 0) > 128) lit++;
    return lit;
  }
}
