package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.training.data.Motion;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

/// With ways that training does not show: other speeds, lengths and senses.
class MotionReaderTest {
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void tellsStraightWays(@ForAll @DoubleRange(min = 14, max = 40) double way,
      @ForAll @DoubleRange(min = 0.5, max = 2) double speedUp,
      @ForAll @DoubleRange(min = -0.2, max = 0.2) double aside) {
    IntToDoubleFunction ahead = t -> way * Math.pow(t / 16.0, speedUp);
    assertMotion(Motion.RIGHT, ahead, t -> aside * ahead.applyAsDouble(t));
    assertMotion(Motion.LEFT, t -> -ahead.applyAsDouble(t), t -> aside * ahead.applyAsDouble(t));
    assertMotion(Motion.DOWN, t -> aside * ahead.applyAsDouble(t), ahead);
    assertMotion(Motion.UP, t -> aside * ahead.applyAsDouble(t), t -> -ahead.applyAsDouble(t));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void tellsCircles(@ForAll @DoubleRange(min = 5, max = 20) double radius, @ForAll @DoubleRange(min = 0, max = 6.3) double phase,
      @ForAll @DoubleRange(min = 0.8, max = 1.6) double turns, @ForAll @DoubleRange(min = 0.9, max = 1.1) double squeezed,
      @ForAll boolean clockwise) {
    double sense = clockwise ? 1 : -1;
    assertMotion(Motion.CIRCLE, t -> radius * Math.cos(phase + sense * turns * Math.PI * t / 8),
        t -> squeezed * radius * Math.sin(phase + sense * turns * Math.PI * t / 8));
  }

  /// Of three bounces in 17 frames, the frames may miss a third of the height.
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void tellsBounces(@ForAll @DoubleRange(min = 12.1, max = 30) double height, @ForAll @DoubleRange(min = 0, max = 1) double phase,
      @ForAll @DoubleRange(min = 1.2, max = 3) double times) {
    assertMotion(Motion.BOUNCE, t -> 0.1 * t, t -> -height * Math.abs(Math.sin(Math.PI * (phase + times * t / 16))));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void tellsStill(@ForAll @DoubleRange(min = 0, max = 1.4) double tremble) {
    assertMotion(Motion.STILL, t -> tremble * Math.sin(7 * t), t -> tremble * Math.cos(5 * t));
  }

  @Test
  void waysThatAreNoneOfTheMotionsAreNone() {
    assertEquals(Optional.empty(), read(t -> 1.2 * t, t -> 1.2 * t), "slanting");
    assertEquals(Optional.empty(), read(t -> 15 * Math.sin(Math.PI * t / 8), _ -> 0), "from side to side");
    assertEquals(Optional.empty(), read(t -> 0.4 * t, _ -> 0), "hardly anywhere");
    assertEquals(Optional.empty(), read(t -> 8 * Math.cos(Math.PI * t / 16), t -> 8 * Math.sin(Math.PI * t / 16)),
        "half a circle");
    assertEquals(Optional.empty(), MotionReader.read(new double[] {3}, new double[] {3}), "a picture");
  }

  private static void assertMotion(Motion motion, IntToDoubleFunction x, IntToDoubleFunction y) {
    assertEquals(Optional.of(motion), read(x, y));
  }

  private static Optional<Motion> read(IntToDoubleFunction x, IntToDoubleFunction y) {
    return MotionReader.read(IntStream.range(0, 17).mapToDouble(x).toArray(), IntStream.range(0, 17).mapToDouble(y).toArray());
  }
}
