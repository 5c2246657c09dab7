package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class CurvesTest {
  @Test
  void drawsEveryColumnOverItsWholeRange() {
    History history = new History();
    for (int i = 0; i < 3000; i++) history.add(new Metrics(Map.of("loss", i == 7 ? Double.NaN : 1.0 / (1 + i)), true));
    String page = Curves.html("teacher", history);
    assertTrue(page.contains("<h2>loss</h2>"), page);
    assertTrue(page.contains("3000 steps"), page);
    assertEquals(2, page.split("<polyline", -1).length - 1);
    assertFalse(page.contains("NaN"), "a step that failed is left out");
    assertFalse(page.contains("http"), "the page needs nothing else");
    // a thousand points would be more than anybody sees
    assertTrue(page.length() < 40_000, "page of " + page.length());
  }

  @Test
  void leavesOutWhatIsNeverANumber() {
    History history = new History();
    history.add(new Metrics(Map.of("loss", Double.NaN), false));
    assertFalse(Curves.html("teacher", history).contains("<svg"));
  }
}
