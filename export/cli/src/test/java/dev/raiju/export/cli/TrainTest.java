package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainTest {
  private static final String LEARNING = "{\"rate\": 1e-3}";
  private static final String BATCHES = """
      {"clips": {"one_shape": 2, "two_shapes": 0, "digits": 0}, "noise": {"distribution": "uniform"}}""";
  private static final String STAGE = "{\"steps\": 9, \"batches\": BATCHES, \"learning\": LEARNING}";
  /// An autoencoder of a few weights that would train for hours.
  private static final String CONFIG = """
      {
        "name": "tiny", "seed": 3, "model": "target/never/tiny", "teacher": "target/never/tiny-teacher",
        "data": {"one_shape": 1, "two_shapes": 0, "digits": 0, "pictures_part": 1, "clips": 2, "pictures": 2},
        "autoencoder": {"image_channels": 3, "patch": 4, "latent_channels": 4, "stem": 4,
          "encoder": [{"width": 4, "blocks": 0, "time": 2}], "decoder": [{"width": 4, "blocks": 0, "time": 2}], "last": 4},
        "text": {"vocabulary": 64, "corpus": 300, "dim": 8, "layers": 1, "heads": 2, "ffn": 8},
        "transformer": {"num_attention_heads": 3, "attention_head_dim": 8, "ffn_dim": 16, "num_layers": 2, "text_dim": 8,
          "text_length": 20, "freq_dim": 8, "in_channels": 4, "out_channels": 4, "patch_size": [1, 2, 2]},
        "stages": {
          "autoencoder": {"steps": 100000, "clip_batch": 1, "learning": LEARNING},
          "decoder": {"steps": 3, "learning": LEARNING},
          "teacher": STAGE, "prune": {"heads": 2, "ffn": 8, "samples": 32}, "recover": STAGE, "refine": STAGE,
          "distill": {"steps": 3, "critic_updates": 2, "levels": [1, 0.5], "guidance": 2, "scores": {"distribution": "uniform"},
            "batches": BATCHES, "generator": LEARNING, "critic": LEARNING}
        }
      }
      """.replace("STAGE", STAGE).replace("LEARNING", LEARNING).replace("BATCHES", BATCHES);

  @Test
  void savesItsStateWhenInterruptedAndGoesOnFromThere(@TempDir Path folder) throws Exception {
    Path config = Files.writeString(folder.resolve("tiny.json"), CONFIG);
    var outcome = new CompletableFuture<Shell.Outcome>();
    Thread training = Thread.ofPlatform().start(() -> outcome.complete(train(config, folder, 100_000)));
    while (newest(folder) < 0 && training.isAlive()) Thread.sleep(20);
    Thread.sleep(500);
    training.interrupt();
    Shell.Outcome stopped = outcome.get(60, TimeUnit.SECONDS);
    assertEquals(Raiju.INTERRUPTED, stopped.status(), stopped.err());
    long reached = newest(folder);
    assertTrue(reached > 0, "stopped before the first step");
    assertTrue(stopped.err().contains("the state is saved"), stopped.err());

    assertEquals(0, train(config, folder, 2).status());
    assertEquals(reached + 2, newest(folder));
    assertTrue(Files.exists(folder.resolve("runs/tiny/autoencoder/report.html")));
  }

  private static Shell.Outcome train(Path config, Path folder, long steps) {
    return Shell.raiju("train", "autoencoder", "--config", config, "--runs", folder.resolve("runs"), "--steps", steps);
  }

  /// The step of the newest state, -1 before there is one.
  private static long newest(Path folder) throws IOException {
    Path runs = folder.resolve("runs/tiny/autoencoder");
    if (!Files.exists(runs)) return -1;
    try (var files = Files.list(runs)) {
      return files.map(file -> file.getFileName().toString()).filter(name -> name.matches("step-[0-9]+")).mapToLong(name -> Long
          .parseLong(name.substring(5))).max().orElse(-1);
    }
  }

  @Test
  void namesTheStagesThereAre() {
    assertEquals(2, Shell.raiju("train").status());
    Shell.Outcome outcome = Shell.raiju("train", "bake");
    assertEquals(1, outcome.status());
    assertTrue(outcome.err().contains("autoencoder, decoder, captions, teacher"), outcome.err());
  }

  @Test
  void aDeviceThatIsNotThereIsRefusedBeforeAnythingIsMade(@TempDir Path folder) throws IOException {
    Path config = Files.writeString(folder.resolve("tiny.json"), CONFIG);
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    for (Object[] words : List.of(new Object[] {"train", "autoencoder", "--config", config, "--runs", folder.resolve("runs"),
      "--backend", "abacus"}, new Object[] {"evaluate", model, "--backend", "abacus"})) {
      Shell.Outcome outcome = Shell.raiju(words);
      assertEquals(1, outcome.status(), outcome.out());
      assertTrue(outcome.err().contains("device: no backend called abacus; there are "), outcome.err());
    }
    assertTrue(Files.notExists(folder.resolve("runs")));
  }

  @Test
  void evaluatesAModelThatKnowsNothing(@TempDir Path folder) throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), new Recipe(Recipe.Kind.FEW_STEP, 2, 3, 1, "", 64, 64, 17, 8), 40);
    Path sheet = folder.resolve("sheet.png");
    Shell.Outcome outcome = Shell.raiju("evaluate", model, "--prompts", 3, "--sheet", sheet, "--device", "cpu");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("0 of 3: 0.0 %"), outcome.out());
    assertTrue(Files.size(sheet) > 1000);
  }
}
