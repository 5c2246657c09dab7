package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTest {
  @TempDir
  Path folder = Path.of("");

  private Path prompts() throws IOException {
    return Files.writeString(folder.resolve("prompts.txt"), "a red circle moves right\n\na large blue star stays still\n");
  }

  private Shell.Outcome prune(Path model, String out, Object... more) throws IOException {
    Object[] words = new Object[9 + more.length];
    Object[] first = {"prune", model, "--out", folder.resolve(out), "--calibration", prompts(), "--steps", "2", "--seed=3"};
    System.arraycopy(first, 0, words, 0, 9);
    System.arraycopy(more, 0, words, 9, more.length);
    return Shell.raiju(words);
  }

  @Test
  void makesASmallerModelThatRuns() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    Shell.Outcome outcome = prune(model, "small", "--heads", 1, "--ffn", 10);
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("parameters to"), outcome.out());
    WanConfig config = ModelFolder.open(folder.resolve("small")).transformerConfig();
    assertEquals(1, config.heads());
    assertEquals(10, config.ffn());
    Path clip = folder.resolve("clip.gif");
    Shell.Outcome made = Shell.raiju("generate", "a red circle", "--model", folder.resolve("small"), "--out", clip);
    assertEquals(0, made.status(), made.err());
    assertTrue(Files.size(clip) > 100);
  }

  @Test
  void everyMethodAndOptionRuns() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.GUIDED);
    String[][] all = {{"--method", "magnitude"}, {"--method", "random"}, {"--method", "output-aware"}, {"--refit"}, {"--grams"},
      {"--skip-padding", "--head-score", "rank", "--bias", "joint"}, {"--spread", "global"}};
    for (int i = 0; i < all.length; i++) {
      Object[] more = new Object[all[i].length + 2];
      System.arraycopy(all[i], 0, more, 2, all[i].length);
      more[0] = "--ffn";
      more[1] = 12;
      Shell.Outcome outcome = prune(model, "small" + i, more);
      assertEquals(0, outcome.status(), String.join(" ", all[i]) + ": " + outcome.err());
    }
    Shell.Outcome depth = prune(model, "shallow", "--method", "block-influence", "--layers", 1);
    assertEquals(0, depth.status(), depth.err());
    assertEquals(1, ModelFolder.open(folder.resolve("shallow")).transformerConfig().layers());
  }

  @Test
  void saysWhatItNeeds() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    assertEquals("raiju: prune: --out: missing; needs a new folder", Shell.raiju("prune", model).notes().getFirst());
    assertEquals("raiju: prune: --method: no such choice: tailor; did you mean taylor?; there are taylor, magnitude, random, "
        + "output-aware, block-influence", prune(model, "a", "--method", "tailor").notes().getFirst());
    assertEquals("raiju: prune: --ffn: block-influence keeps whole blocks; needs --layers", prune(model, "a", "--method",
        "block-influence", "--ffn", 3).notes().getFirst());
    assertTrue(prune(model, "model").notes().getFirst().endsWith("is there already; name a new folder"));
  }
}
