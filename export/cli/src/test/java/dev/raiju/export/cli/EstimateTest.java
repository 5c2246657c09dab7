package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EstimateTest {
  @TempDir
  private static Path models;
  private static Path model;
  private static Path guided;

  @BeforeAll
  static void writeModels() throws IOException {
    model = TinyModel.write(models.resolve("few"), TinyModel.FEW_STEP);
    guided = TinyModel.write(models.resolve("guided"), TinyModel.GUIDED);
  }

  private static long flops(Outcome outcome) {
    String total = outcome.lines().getLast().replaceAll(".*; ([0-9.]+) ([kMG])FLOP in all.*", "$1 $2");
    String[] parts = total.split(" ");
    return (long) (Double.parseDouble(parts[0]) * Math.pow(1000, " kMG".indexOf(parts[1])));
  }

  @Test
  void tellsMemoryAndWorkOfEveryStage() {
    Outcome outcome = Shell.raiju("estimate", model);
    assertEquals(0, outcome.status(), outcome::err);
    List<String> lines = outcome.lines();
    assertEquals(6, lines.size(), outcome::out);
    assertEquals(model + ": 5 frames of 16 x 16, 2 steps, guidance 1.0", lines.get(0));
    assertTrue(lines.get(1).matches("stage +weights +mapped +copied +packed +activations +tensor pool +work"), outcome::out);
    for (int i = 0; i < 3; i++) {
      String stage = List.of("text", "denoise", "decode").get(i);
      assertTrue(lines.get(2 + i).matches(stage
          + " +f32 [0-9.]+ KiB +[0-9.]+ KiB +0 B +" + (i < 2 ? "[0-9.]+ KiB" : "0 B")
          + " +[0-9.]+ [KM]iB +4.0 MiB +[0-9.]+ [kM]FLOP"), outcome::out);
    }
    assertTrue(lines.get(5).matches("needs 4\\.\\d MiB, most in \\w+; [0-9.]+ MFLOP in all"), outcome::out);
  }

  @Test
  void followsWhatIsAskedFor() {
    long once = flops(Shell.raiju("estimate", guided, "--guidance", 1));
    assertTrue(flops(Shell.raiju("estimate", guided)) > once);
    assertTrue(flops(Shell.raiju("estimate", guided, "--guidance", 1, "--size", "32x32")) > 2 * once);
    assertTrue(flops(Shell.raiju("estimate", guided, "--guidance", 1, "--length", 9)) > once);
    assertTrue(flops(Shell.raiju("estimate", guided, "--guidance", 1, "--steps", 9)) > once);
    assertTrue(flops(Shell.raiju("estimate", guided, "--guidance", 1, "--prompt", "a red circle")) < once);
  }

  @Test
  void tellsSecondsAtARateThatWasMeasured() {
    Outcome outcome = Shell.raiju("estimate", model, "--rate", 0.001);
    assertTrue(outcome.lines().get(1).matches(".*work +time"), outcome::out);
    double seconds = flops(outcome) / 1e6;
    assertTrue(outcome.lines().getLast().endsWith(" in all, " + Units.seconds(seconds)), outcome::out);
  }

  @Test
  void refusesWhatDoesNotFitInOneLineThatSaysWhatDoes() {
    Outcome fits = Shell.raiju("estimate", guided, "--memory", "1G");
    assertEquals(0, fits.status(), fits::err);
    assertTrue(fits.lines().getLast().contains("of the 1.0 GiB given"), fits::out);
    Outcome refused = Shell.raiju("estimate", guided, "--memory", "10M", "--length", 201, "--size", "256x256");
    assertEquals(1, refused.status());
    assertEquals("", refused.out());
    String line = String.join("\n", refused.notes());
    assertTrue(line.matches(
        "raiju: memory: \\w+ needs [0-9,]+ bytes, [0-9,]+ of them weights, and may have 10,485,760; give more, or a length of "
            + "\\d+ frames, or a size of \\d+x\\d+.*"), line);
    String frames = line.replaceAll(".*a length of (\\d+) frames.*", "$1");
    Outcome shorter = Shell.raiju("estimate", guided, "--memory", "10M", "--length", frames, "--size", "256x256");
    assertEquals(0, shorter.status(), shorter::err);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--size 20x32|width: 20: must be a multiple of 16; the nearest are 16 and 32|1",
    "--size 32x100|height: 100: must be a multiple of 16; the nearest are 96 and 112|1",
    "--length 4|frames: 4: must be a multiple of 4 plus 1; the nearest are 1 and 5|1",
    "--length 8000|frames: 8000: must be a multiple of 4 plus 1 from 1 to 4093; the nearest is 4093|1",
    "--memory lots|estimate: --memory: got lots; needs bytes, such as 8G or 512M|2",
    "--steps 3|steps: 3: this model was distilled to 2 steps and runs with no other number|1",
    "--guidance 3|guidance: 3.0: this model was distilled without guidance and runs with 1|1"})
  void refusesInOneLine(String typed, String line, int status) {
    String[] words = typed.split(" ");
    Outcome outcome = Shell.raiju("estimate", model, words[0], words[1]);
    assertEquals(status, outcome.status());
    assertEquals(List.of("raiju: " + line), outcome.notes());
    assertEquals("", outcome.out());
  }

  @ParameterizedTest
  @CsvSource({"8G,8589934592", "512m,536870912", "1.5GiB,1610612736", "2KB,2048", "100,100", "1T,1099511627776"})
  void readsSizes(String text, long bytes) { assertEquals(bytes, Memory.bytes(text, "estimate")); }

  @ParameterizedTest
  @CsvSource({"''", "G", "-1G", "0", "8 G B", "NaN", "1e30"})
  void refusesSizesThatAreNone(String text) { assertThrows(UserError.class, () -> Memory.bytes(text, "estimate")); }

  @Test
  void leavesNothingBehind() {
    long live = HostMemory.liveBytes();
    assertEquals(0, Shell.raiju("estimate", guided).status());
    assertEquals(live, HostMemory.liveBytes());
    assertFalse(Shell.raiju("estimate", models.resolve("nowhere")).status() == 0);
    assertEquals(live, HostMemory.liveBytes());
  }
}
