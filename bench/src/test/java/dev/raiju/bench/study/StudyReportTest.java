package dev.raiju.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.eval.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a report says of numbers that are known.
class StudyReportTest {
  /// Values of 40 clips around a mean, their own part the same in all statistics.
  private static double[] around(double mean, double spread) {
    return IntStream.range(0, 40).mapToDouble(i -> mean + Math.sin(i * 7.0) + spread * Math.cos(i * 3.0)).toArray();
  }

  private static Statistic of(double... means) {
    return Statistic.mean(Arrays.stream(means).mapToObj(mean -> around(mean, 0.1)).toList());
  }

  @Test
  void aClaimHoldsWhereIntervalAndAllSeedsAgree() {
    Statistic zero = Statistic.mean(List.of(around(0, 0)));
    assertEquals(StudyReport.Fate.HOLDS, StudyReport.Fate.of(of(0.2, 0.3, 0.1).minus(zero)));
    assertEquals(StudyReport.Fate.REFUTED, StudyReport.Fate.of(of(-0.2, -0.3, -0.1).minus(zero)));
    // one seed says otherwise
    assertEquals(StudyReport.Fate.OPEN, StudyReport.Fate.of(of(0.5, 0.5, -0.1).minus(zero)));
    // smaller than what clips differ by
    assertEquals(StudyReport.Fate.OPEN, StudyReport.Fate.of(of(0.005, 0.005).minus(zero)));
  }

  /// Clips differ by about 1, arms by 0.2: only in pairs does that show.
  @Test
  void differencesAreTakenClipByClip() {
    Statistic a = of(0.2, 0.3);
    Interval alone = a.interval();
    Interval paired = a.minus(Statistic.mean(List.of(around(0, 0)))).interval();
    assertEquals(0.25, paired.value(), 0.02);
    assertTrue(paired.high() - paired.low() < 0.2 * (alone.high() - alone.low()), paired + " " + alone);
    assertEquals(List.of(0.2, 0.3), a.minus(Statistic.mean(List.of(around(0, 0.1)))).perSeed().stream().map(x -> Math.round(x
        * 1e6) / 1e6).toList());
  }

  @Test
  void tellsWhenACurveCameToALoss() {
    TreeMap<Long, Double> curve = new TreeMap<>();
    curve.put(0L, 1.0);
    curve.put(10L, 0.6);
    curve.put(20L, 0.5);
    assertEquals("5", StudyReport.reached(curve, 0.8));
    assertEquals("20", StudyReport.reached(curve, 0.5));
    assertEquals("0", StudyReport.reached(curve, 1));
    assertEquals("", StudyReport.reached(curve, 0.4));
  }

  /// Examples of RFC 7396, appendix A.
  @Test
  void settingsLieOverSettings() throws ModelFormatException {
    String[][] examples = {{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"}, {"{\"a\":\"b\"}", "{\"b\":\"c\"}",
      "{\"a\":\"b\",\"b\":\"c\"}"}, {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"}, {"{\"a\":[\"b\"]}",
        "{\"a\":\"c\"}", "{\"a\":\"c\"}"}, {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
          "{\"a\":{\"b\":\"d\"}}"}, {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"}};
    for (String[] example : examples) {
      Json.Obj merged = Overlay.of((Json.Obj) Json.parse("below", example[0]), (Json.Obj) Json.parse("above", example[1]));
      assertEquals(Json.parse("wanted", example[2]), merged);
    }
  }
}
