package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
  @Test
  void drawsEveryColumnOverItsWholeRange() throws IOException {
    History history = new History();
    for (int i = 0; i < 3000; i++) history.add(new Metrics(Map.of("loss", i == 7 ? Double.NaN : 1.0 / (1 + i)), true));
    String page = Report.html("teacher", history, List.of());
    assertTrue(page.contains("<h2>loss</h2>"), page);
    assertTrue(page.contains("3000 steps"), page);
    assertEquals(2, page.split("<polyline", -1).length - 1);
    assertFalse(page.contains("NaN"), "a step that failed is left out");
    assertFalse(page.contains("http"), "the page needs nothing else");
    // a thousand points would be more than anybody sees
    assertTrue(page.length() < 40_000, "page of " + page.length());
  }

  @Test
  void leavesOutWhatIsNeverANumber() throws IOException {
    History history = new History();
    history.add(new Metrics(Map.of("loss", Double.NaN), false));
    assertFalse(Report.html("teacher", history, List.of()).contains("<svg"));
  }

  @Test
  void showsPicturesFromAllOfTheRun(@TempDir Path folder) throws IOException {
    List<Path> samples = new ArrayList<>();
    for (int i = 1; i <= 40; i++) samples.add(Files.writeString(folder.resolve("sample-" + i + ".png"), "picture " + i));
    String page = Report.html("teacher", new History(), samples);
    assertEquals(8, page.split("<img", -1).length - 1);
    assertTrue(page.contains("sample-5.png") && page.contains("sample-40.png"), page);
    assertTrue(page.contains("cGljdHVyZSA0MA=="), "the bytes of the last");
  }
}
