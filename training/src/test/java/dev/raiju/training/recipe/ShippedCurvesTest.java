package dev.raiju.training.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.Device;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A fresh run of a stage begins as the one that made the shipped model did, bit for bit. Here the stage that needs no latents, for
/// a few steps; `./raiju train STAGE --steps 50` shows the same of any.
final class ShippedCurvesTest {
  private static final Path CONFIG = Path.of("recipes/shapes.json");
  private static final Path CURVES = Path.of("../models/pretrained/shapes/curves");
  private static final int STEPS = 3;

  /// Keeps the curve.
  private static final class Curve implements Trainer.Observer {
    private String csv = "";
    private int steps;

    @Override
    public void stepped(long step, long steps, Metrics metrics, History history) {
      this.steps++;
      csv = history.csv();
    }

    @Override
    public void note(String line) {}
  }

  @Test
  void beginsAsTheShippedRunDid(@TempDir Path root) throws IOException {
    Curve curve = new Curve();
    new ChainRun(CONFIG, root, root.resolve("runs"), Device.best(), curve, () -> curve.steps >= STEPS).run("autoencoder");
    try (Stream<String> lines = Files.lines(CURVES.resolve("autoencoder.csv"))) {
      assertEquals(lines.limit(1 + STEPS).toList(), curve.csv.lines().toList());
    }
  }
}
