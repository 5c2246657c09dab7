package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MeterTest {
  private final AtomicLong clock = new AtomicLong();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Meter meter() {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Meter(new Console(stream, stream, false), clock::get);
  }

  private void pass(double seconds) { clock.addAndGet((long) (seconds * 1e9)); }

  @Test
  void estimatesWhatIsLeftFromTheShareThatIsDone() {
    try (Meter meter = meter()) {
      meter.report(new Part(Stage.DENOISE, 0, 4, 0));
      assertEquals("denoise, 0.0 s", meter.line());
      pass(2);
      meter.report(new Part(Stage.DENOISE, 1, 4, 0.25));
      assertEquals("denoise 25 %, 2.0 s, 6.0 s left", meter.line());
      pass(1);
      assertEquals("denoise 25 %, 3.0 s, 9.0 s left", meter.line());
      pass(200);
      assertEquals("denoise 25 %, 3 min 23 s, 10 min 09 s left", meter.line());
    }
  }

  @Test
  void forgetsASlowBeginning() {
    try (Meter meter = meter()) {
      meter.report(new Part(Stage.DENOISE, 0, 4, 0));
      pass(60);
      meter.report(new Part(Stage.DENOISE, 0, 4, 0.01));
      for (int i = 2; i <= 50; i++) {
        pass(1);
        meter.report(new Part(Stage.DENOISE, 0, 4, i / 100.0));
      }
      assertEquals("denoise 50 %, 1 min 49 s, 50.0 s left", meter.line());
    }
  }

  @Test
  void withoutATerminalSpeaksAfterASecondAndThenRarely() {
    try (Meter meter = meter()) {
      meter.restart("clip 2 of 3");
      for (int i = 0; i <= 240; i++) {
        meter.report(new Part(Stage.DENOISE, i / 60, 4, i / 240.0));
        pass(0.1);
      }
    }
    List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(3, lines.size(), lines::toString);
    assertEquals("raiju: clip 2 of 3: denoise 4 %, 1.0 s, 23.0 s left", lines.getFirst());
  }

  @Test
  void countsTheSecondsOfEachStage() {
    try (Meter meter = meter()) {
      meter.begin("load");
      pass(0.5);
      meter.report(new Part(Stage.ENCODE, 0, 1, 0));
      pass(0.25);
      meter.report(new Part(Stage.DENOISE, 0, 1, 0));
      pass(3);
      meter.finish();
      assertEquals("seconds: load 0.50, text 0.25, denoise 3.00", meter.summary());
      meter.restart("");
      assertEquals("seconds:", meter.summary());
    }
  }
}
