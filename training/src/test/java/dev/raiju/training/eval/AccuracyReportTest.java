package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.training.data.ClipKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccuracyReportTest {
  /// Values of Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  @Test
  void intervalsAreWilsons() {
    assertInterval(0.2553, 0.3662, new Proportion(81, 263));
    assertInterval(0.0624, 0.1605, new Proportion(15, 148));
    assertInterval(0, 0.1611, new Proportion(0, 20));
    assertInterval(0.0061, 0.1718, new Proportion(1, 29));
  }

  private static void assertInterval(double low, double high, Proportion proportion) {
    assertEquals(low, proportion.low(), 5e-5);
    assertEquals(high, proportion.high(), 5e-5);
  }

  @Test
  void nothingSeenMeansAnythingGoes() {
    assertEquals(0, Proportion.none().low());
    assertEquals(1, Proportion.none().high());
    assertThrows(IllegalArgumentException.class, () -> new Proportion(3, 2));
  }

  @Test
  void countsByKindAndAttribute() {
    AccuracyReport report = AccuracyReport.empty();
    Verdict count = new Verdict(Attribute.COUNT, "1", "1", true);
    report.add(ClipKind.ONE_SHAPE, new Judgement(List.of(count, new Verdict(Attribute.SHAPE, "star", "star", true))));
    report.add(ClipKind.ONE_SHAPE, new Judgement(List.of(count, new Verdict(Attribute.SHAPE, "star", "cross", false))));
    report.add(ClipKind.DIGIT, new Judgement(List.of(count)));
    assertEquals(new Proportion(1, 2), report.all(ClipKind.ONE_SHAPE));
    assertEquals(new Proportion(2, 2), report.of(ClipKind.ONE_SHAPE, Attribute.COUNT));
    assertEquals(new Proportion(1, 2), report.of(ClipKind.ONE_SHAPE, Attribute.SHAPE));
    assertEquals(new Proportion(1, 1), report.all(ClipKind.DIGIT));
    assertEquals(new Proportion(0, 0), report.of(ClipKind.DIGIT, Attribute.SHAPE));
    assertEquals(new Proportion(2, 3), report.all());
    assertTrue(report.toString().contains("1 of 2: 50.0 % (9.5 to 90.5)"), report.toString());
  }
}
