package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.training.eval.VBench.Aggregate;
import dev.raiju.training.eval.VBench.Dimension;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VBenchTest {
  /// Of the Lightning Video paper: its few-step model, and its model on a phone, whose printed total is off by 0.014.
  @Test
  void totalsArePublishedTotals() {
    assertEquals(83.77, new Aggregate(85.39, 77.29).total(), 0.008);
    assertEquals(82.72, new Aggregate(85.25, 72.53).total(), 0.015);
  }

  @Test
  void bestAndWorstScoresAreOneAndZero() {
    double[] best = {1, 1, 1, 0.9975, 1, 1, 1, 1, 1, 1, 1, 1, 0.8222, 0.2855, 0.364, 0.364};
    double[] worst = {0.1462, 0.2615, 0.6293, 0.706, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0009, 0, 0};
    assertAggregate(1, 1, best);
    assertAggregate(0, 0, worst);
  }

  /// By hand: quality (0.5 · 6 + 0.25 · 0.5) / 6.5, as dynamic degree weighs half; semantic (8 · 0.5 + 0.25) / 9.
  @Test
  void dynamicDegreeWeighsHalf() {
    double[] scores = {0.5731, 0.63075, 0.81465, 0.85175, 0.25, 0.5, 0.5, 0.25, 0.5, 0.5, 0.5, 0.5, 0.4111, 0.1432, 0.182, 0.182};
    assertAggregate(3.125 / 6.5, 4.25 / 9, scores);
  }

  @Test
  void rejectsMissingDimensions() {
    assertThrows(IllegalArgumentException.class, () -> VBench.aggregate(Map.of(Dimension.SCENE, 0.5)));
  }

  private static void assertAggregate(double quality, double semantic, double[] scores) {
    Map<Dimension, Double> map = new EnumMap<>(Dimension.class);
    for (Dimension dimension : Dimension.values()) map.put(dimension, scores[dimension.ordinal()]);
    Aggregate aggregate = VBench.aggregate(map);
    assertEquals(quality, aggregate.quality(), 1e-9);
    assertEquals(semantic, aggregate.semantic(), 1e-9);
    assertEquals((4 * quality + semantic) / 5, aggregate.total(), 1e-9);
  }
}
