package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import dev.raiju.training.recipe.ChainRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every stage of training on the stand-in, at sizes that take seconds: the losses are those of the CPU, and a stage that was stopped
/// and goes on gives the same bits as one that never stopped.
class ChainTest {
  private static final String LEARNING = """
      {"rate": 1e-3, "muon_rate": 0.003, "warmup": 1, "average": 0.5}""";
  private static final String BATCHES = """
      {"clips": {"one_shape": 1, "two_shapes": 0, "digits": 0}, "pictures_every": 2, "pictures": 2, "noise": {"distribution": "logit-normal", "shift": 2.5}}""";
  private static final String CONFIG = """
      {
        "name": "tiny", "seed": 3, "model": "tiny", "teacher": "tiny-teacher",
        "data": {"one_shape": 1, "two_shapes": 0, "digits": 0, "pictures_part": 1, "clips": 2, "pictures": 2},
        "autoencoder": {"image_channels": 3, "patch": 8, "latent_channels": 4, "stem": 4,
          "encoder": [{"width": 4, "blocks": 1, "time": 2}, {"width": 8, "blocks": 0, "time": 2}],
          "decoder": [{"width": 8, "blocks": 1, "time": 2}, {"width": 4, "blocks": 0, "time": 2}], "last": 4},
        "text": {"vocabulary": 64, "corpus": 300, "dim": 8, "layers": 1, "heads": 2, "ffn": 8},
        "transformer": {"num_attention_heads": 3, "attention_head_dim": 8, "ffn_dim": 16, "num_layers": 2, "text_dim": 8,
          "text_length": 20, "freq_dim": 8, "in_channels": 4, "out_channels": 4, "patch_size": [1, 2, 2]},
        "stages": {
          "autoencoder": {"steps": 2, "crop_steps": 1, "crop": 32, "crop_batch": 1, "clip_batch": 1, "learning": LEARNING},
          "decoder": {"steps": 2, "clip_batch": 1, "learning": LEARNING},
          "captions": {"steps": 2, "captions": 2, "learning": LEARNING},
          "teacher": {"steps": 3, "batches": BATCHES, "learning": LEARNING},
          "prune": {"heads": 2, "ffn": 8, "samples": 8},
          "recover": {"steps": 2, "output": 1, "blocks": 1, "batches": BATCHES, "learning": LEARNING},
          "refine": {"steps": 2, "batches": BATCHES, "learning": LEARNING},
          "distill": {"steps": 2, "critic_only": 1, "critic_updates": 1, "levels": [1, 0.5], "shift": 3, "guidance": 2,
            "scores": {"distribution": "uniform", "shift": 3, "least": 0.02, "most": 0.98}, "batches": BATCHES,
            "generator": LEARNING, "critic": LEARNING}
        }
      }
      """.replace("LEARNING", LEARNING).replace("BATCHES", BATCHES);
  /// Of a loss, between this device and the CPU: sums run in another order, and the first steps of AdamW and Muon enlarge what that
  /// makes of numbers near 0. Found were 1.8e-7.
  private static final double TOLERANCE = 1e-4;
  /// It has two learners, with both optimisers each.
  private static final String STOPPED = "distill";

  /// Keeps the losses.
  private static final class Losses implements Trainer.Observer {
    private final List<Double> all = new ArrayList<>();

    @Override
    public void stepped(long step, long steps, Metrics metrics, History history) {
      assertTrue(metrics.applied(), "step " + step);
      all.add(metrics.loss());
    }

    @Override
    public void note(String line) {}
  }

  private static Losses run(Path root, String stage, Device device, int most) throws IOException {
    Path config = root.resolve("chain.json");
    if (!Files.exists(config)) Files.writeString(config, CONFIG);
    Losses losses = new Losses();
    new ChainRun(config, root, root.resolve("runs"), device, losses, () -> losses.all.size() >= most).run(stage);
    return losses;
  }

  @Test
  void everyStageLearnsAsOnTheCpuAndGoesOnExactly(@TempDir Path here, @TempDir Path there, @TempDir Path stopped)
      throws IOException {
    Device cuda = Device.of(StandIn.backend());
    double worst = 0;
    for (String stage : ChainRun.STAGES) {
      long begin = System.nanoTime();
      List<Double> wanted = run(here, stage, Device.best(), 1000).all;
      if (stage.equals(STOPPED)) copy(there, stopped);
      List<Double> found = run(there, stage, cuda, 1000).all;
      assertEquals(wanted.size(), found.size(), stage);
      for (int i = 0; i < wanted.size(); i++) {
        double apart = Math.abs(found.get(i) - wanted.get(i)) / Math.max(1e-3, Math.abs(wanted.get(i)));
        worst = Math.max(worst, apart);
        assertTrue(apart <= TOLERANCE, stage + ": step " + (i + 1) + ": " + found.get(i) + "; on the CPU " + wanted.get(i));
      }
      if (stage.equals(STOPPED)) {
        List<Double> parts = new ArrayList<>(run(stopped, stage, cuda, 1).all);
        assertEquals(1, parts.size(), stage);
        parts.addAll(run(stopped, stage, cuda, 1000).all);
        assertEquals(found, parts, stage);
        assertSameWeights(there, stopped);
      }
      System.out.printf("cuda: stage %s: losses %s, %.1f s%n", stage, found, (System.nanoTime() - begin) / 1e9);
    }
    System.out.printf("cuda: a chain of training: losses apart from the CPU's by at most %.1e of them%n", worst);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) Files.createDirectories(target);
        else Files.write(target, Files.readAllBytes(file));
      }
    }
  }

  private static void assertSameWeights(Path expected, Path actual) throws IOException {
    int compared = 0;
    try (var files = Files.walk(expected)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors") && !f.startsWith(expected.resolve("runs")))
          .toList()) {
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(actual.resolve(expected.relativize(file))), file
            .toString());
        compared++;
      }
    }
    assertTrue(compared > 2, "" + compared);
  }
}
