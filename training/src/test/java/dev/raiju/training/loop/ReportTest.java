package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.ModelFormatException;
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
    String page = Report.html("teacher", history, Reference.NONE, List.of());
    assertTrue(page.contains("<h2>loss</h2>"), page);
    assertTrue(page.contains("3000 steps"), page);
    assertEquals(2, page.split("<polyline", -1).length - 1);
    assertFalse(page.contains("NaN"), "a step that failed is left out");
    assertFalse(page.contains("http"), "the page needs nothing else");
    // a thousand points would be more than anybody sees
    assertTrue(page.length() < 40_000, "page of " + page.length());
  }

  /// A run of 40 steps beside one of 100 that was measured at every tenth: four points of it are known by then.
  @Test
  void showsWhatIsNormalAsFarAsTheRunHasCome(@TempDir Path folder) throws IOException {
    StringBuilder csv = new StringBuilder("step,loss,psnr\n");
    for (int step = 10; step <= 100; step += 10) csv.append(step).append(",5.0,NaN\n");
    Reference normal = Reference.read(Files.writeString(folder.resolve("teacher.csv"), csv));
    History history = new History();
    for (int i = 0; i < 40; i++) history.add(new Metrics(Map.of("loss", 1.0 + i), true));
    String page = Report.html("teacher", history, normal, List.of());
    String line = page.replaceFirst("(?s).*class=\"normal\" points=\"([^\"]*)\".*", "$1").strip();
    List<String> points = List.of(line.split(" "));
    assertEquals(4, points.size(), line);
    assertTrue(points.get(0).startsWith("166.2,") && points.get(3).startsWith("720.0,"), line);
    assertEquals(1, points.stream().map(point -> point.replaceFirst(".*,", "")).distinct().count(), "a constant is a level line");
    assertTrue(page.contains("Dashed"), page);
  }

  @Test
  void refusesCurvesThatAreNone(@TempDir Path folder) throws IOException {
    for (String text : List.of("", "step,loss\n1,2,3\n", "step,loss\n1,x\n")) {
      Path file = Files.writeString(folder.resolve("teacher.csv"), text);
      assertThrows(ModelFormatException.class, () -> Reference.read(file), text);
    }
  }

  @Test
  void leavesOutWhatIsNeverANumber() throws IOException {
    History history = new History();
    history.add(new Metrics(Map.of("loss", Double.NaN), false));
    assertFalse(Report.html("teacher", history, Reference.NONE, List.of()).contains("<svg"));
  }

  @Test
  void showsPicturesFromAllOfTheRun(@TempDir Path folder) throws IOException {
    List<Path> samples = new ArrayList<>();
    for (int i = 1; i <= 40; i++) samples.add(Files.writeString(folder.resolve("sample-" + i + ".png"), "picture " + i));
    String page = Report.html("teacher", new History(), Reference.NONE, samples);
    assertEquals(8, page.split("<img", -1).length - 1);
    assertTrue(page.contains("sample-5.png") && page.contains("sample-40.png"), page);
    assertTrue(page.contains("cGljdHVyZSA0MA=="), "the bytes of the last");
  }
}
