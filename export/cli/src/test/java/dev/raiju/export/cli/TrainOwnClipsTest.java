package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipReader;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.training.data.OwnClips;
import dev.raiju.training.recipe.ChainRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From a folder of clips to a model of few steps.
class TrainOwnClipsTest {
  private static final String LEARNING = "{\"rate\": 1e-3, \"average\": 0.5}";
  private static final String BATCHES = """
      {"clips": {"own": 2}, "pictures_every": 2, "pictures": 2, "noise": {"distribution": "uniform"}}""";

  @TempDir
  Path folder = Path.of("");

  private void clip(String name, int speed) throws IOException {
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      byte[] rgb = new byte[3 * 40 * 30];
      for (int i = 0; i < 1200; i++)
        if (Math.abs(i % 40 - 10 - speed * t) < 5 && Math.abs(i / 40 - 15) < 5) rgb[3 * i + 1] = (byte) 200;
      frames.add(rgb);
    }
    Clip.ofRgb(frames, 40, 30, 8).save(folder.resolve("clips").resolve(name));
  }

  private Path drawn() throws IOException {
    Path clips = Files.createDirectories(folder.resolve("clips"));
    clip("right.gif", 3);
    clip("still.mp4", 0);
    Files.writeString(clips.resolve("captions.jsonl"), """
        {"file": "still.mp4", "text": "a green box stands"}
        {"file": "right.gif", "text": "a green box goes right"}
        """);
    return clips;
  }

  /// @param steps of the autoencoder
  private Path config(Path clips, int steps) throws IOException {
    String text = """
        {"name": "own", "seed": 3, "model": "MODEL", "teacher": "MODEL-teacher",
          "data": {"folder": "CLIPS", "clips": 4, "pictures": 4},
          "autoencoder": {"image_channels": 3, "patch": 4, "latent_channels": 4, "stem": 4,
            "encoder": [{"width": 4, "blocks": 0, "time": 2}, {"width": 8, "blocks": 0, "time": 2}],
            "decoder": [{"width": 8, "blocks": 0, "time": 2}, {"width": 4, "blocks": 0, "time": 2}], "last": 4},
          "text": {"vocabulary": 64, "corpus": 40, "dim": 8, "layers": 1, "heads": 2, "ffn": 8},
          "transformer": {"num_attention_heads": 3, "attention_head_dim": 8, "ffn_dim": 16, "num_layers": 2, "text_dim": 8,
            "text_length": 16, "freq_dim": 8, "in_channels": 4, "out_channels": 4, "patch_size": [1, 2, 2]},
          "stages": {
            "autoencoder": {"steps": STEPS, "crop_steps": 1, "crop": 32, "crop_batch": 2, "clip_batch": 1, "learning": LEARNING},
            "decoder": {"steps": 1, "clip_batch": 1, "learning": LEARNING},
            "teacher": {"steps": 2, "batches": BATCHES, "learning": LEARNING},
            "prune": {"heads": 2, "ffn": 8, "samples": 4},
            "recover": {"steps": 2, "output": 1, "blocks": 1, "batches": BATCHES, "learning": LEARNING},
            "refine": {"steps": 1, "batches": BATCHES, "learning": LEARNING},
            "distill": {"steps": 1, "critic_updates": 1, "levels": [1, 0.5], "guidance": 2,
              "scores": {"distribution": "uniform", "least": 0.02, "most": 0.98}, "batches": BATCHES, "generator": LEARNING,
              "critic": LEARNING}}}
        """.replace("LEARNING", LEARNING).replace("BATCHES", BATCHES).replace("MODEL", folder.resolve("model").toString().replace(
        '\\', '/')).replace("CLIPS", clips.toString().replace('\\', '/')).replace("STEPS", Integer.toString(steps));
    return Files.writeString(folder.resolve("own.json"), text);
  }

  @Test
  void trainsAModelOfThem() throws IOException {
    Path config = config(drawn(), 2);
    for (String stage : ChainRun.STAGES) {
      // reads captions of the moving shapes' grammar only
      if (stage.equals("captions")) continue;
      Shell.Outcome outcome = Shell.raiju("train", stage, "--config", config, "--runs", folder.resolve("runs"));
      assertEquals(0, outcome.status(), stage + ": " + outcome.err());
    }
    assertEquals(2, ModelFolder.open(folder.resolve("model")).transformerConfig().heads());
    Path made = folder.resolve("made.gif");
    Shell.Outcome clip = Shell.raiju("generate", "a green box goes right", "--model", folder.resolve("model"), "--out", made);
    assertEquals(0, clip.status(), clip.err());
    assertTrue(Files.size(made) > 100);
  }

  /// Some of the hand-animated Fluent Emoji, as training/src/data/fluent-emoji.mjs packs them.
  @Test
  void learnsRealAnimations() throws IOException {
    Path set = Path.of("src/test/resources/fluent-emoji").toAbsolutePath();
    OwnClips training = OwnClips.open(set.resolve("training"));
    List<String> heldOut = OwnClips.open(set.resolve("held-out")).all().stream().map(OwnClips.Captioned::text).toList();
    for (OwnClips.Captioned one : training.all()) {
      Clip clip = ClipReader.forFile(one.file()).read(one.file());
      assertEquals(List.of(17, 64, 64), List.of(clip.frames(), clip.width(), clip.height()), one.text());
      byte[] first = clip.frame(0);
      assertArrayEquals(new byte[] {24, 26, 32}, Arrays.copyOf(first, 3), one.text() + ": the plain background");
      assertFalse(Arrays.equals(first, clip.frame(8)), one.text() + " stands still");
      assertFalse(heldOut.contains(one.text()), one.text());
    }
    Path config = config(set.resolve("training"), 40);
    Shell.Outcome outcome = Shell.raiju("train", "autoencoder", "--config", config, "--runs", folder.resolve("runs"));
    assertEquals(0, outcome.status(), outcome.err());
    List<Double> losses = losses(folder.resolve("runs/own/autoencoder/history.csv"));
    assertEquals(40, losses.size());
    assertTrue(mean(losses.subList(30, 40)) < 0.7 * mean(losses.subList(1, 11)), losses.toString());
  }

  private static List<Double> losses(Path history) throws IOException {
    try (var lines = Files.lines(history)) {
      return lines.skip(1).map(line -> Double.parseDouble(line.split(",", -1)[1])).toList();
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
