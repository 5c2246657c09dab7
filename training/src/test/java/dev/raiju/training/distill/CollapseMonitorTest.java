package dev.raiju.training.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.distill.CollapseMonitor.Reading;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Latents made by hand: a smooth bump that moves, and what it collapses to.
class CollapseMonitorTest {
  private final Scope scope = Scope.open();

  @AfterEach
  void close() { scope.close(); }

  /// @param speed of the bump, 0 for clips that stand
  /// @param height of the bump, 0 for a solid colour
  private static Tensor bumps(double speed, double height, boolean alike) {
    double[] values = new double[4 * 2 * 5 * 16 * 16];
    Random random = new Random(1);
    int at = 0;
    for (int b = 0; b < 4; b++) {
      double x0 = alike ? 6 : 3 + 8 * random.nextDouble();
      double y0 = alike ? 6 : 3 + 8 * random.nextDouble();
      double level = alike ? 0 : random.nextGaussian();
      for (int c = 0; c < 2; c++) {
        for (int t = 0; t < 5; t++) {
          for (int i = 0; i < 256; i++) {
            double dx = i % 16 - x0 - speed * t;
            double dy = i / 16 - y0;
            values[at++] = 0.2 * level + height * Math.exp(-(dx * dx + dy * dy) / 12);
          }
        }
      }
    }
    return Tensor.of(values, 4, 2, 5, 16, 16);
  }

  private static List<String> problems(Tensor samples) {
    return CollapseMonitor.problems(Reading.of(samples), Reading.of(bumps(1, 3, false))).stream().map(line -> line.replaceAll(
        ":.*", "")).toList();
  }

  @Test
  void clipsLikeDataAreFine() { assertEquals(List.of(), problems(bumps(0.8, 2.5, false))); }

  @Test
  void namesClipsThatStandStill() { assertEquals(List.of("collapse to static clips"), problems(bumps(0, 3, false))); }

  @Test
  void namesSolidColours() { assertTrue(problems(bumps(1, 0, false)).contains("collapse to a solid colour")); }

  @Test
  void namesNoise() {
    Tensor noise = Rng.of(1).normal(Device.reference(), 4, 2, 5, 16, 16);
    assertEquals(List.of("collapse to noise"), problems(noise));
  }

  @Test
  void namesSamplesThatAreAlike() { assertEquals(List.of("all samples are alike"), problems(bumps(1, 3, true))); }

  @Test
  void readsHandMadeNumbers() {
    // one channel, two frames of 1 x 2: (1, -1), (3, -3)
    Reading reading = Reading.of(Tensor.of(new double[] {1, -1, 3, -3}, 1, 1, 2, 1, 2));
    assertEquals(new Reading(4, 5, -0.5, 0), reading);
  }
}
