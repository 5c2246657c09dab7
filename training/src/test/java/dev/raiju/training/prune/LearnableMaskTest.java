package dev.raiju.training.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnableMaskTest {
  private static final WanConfig CONFIG = new WanConfig(12, 2, 6, 16, 4, 5, 4, 4, 2, 2, new WanConfig.Patch(1, 2, 2), 1e-6f,
      10000);

  /// Blocks that add nothing are found among those that do.
  @Test
  void leavesOutWhatAddsNothing() throws IOException {
    Device device = Device.best();
    Rng rng = Rng.of(3);
    try (Scope scope = Scope.open();
        WanTransformer shapes = WanTransformer.create(CONFIG, Initializer.shapes(device));
        WanTransformer model = shapes.map((name, t, _) -> Module.owned(() -> rng.normal(device, t.shape().sizes()).mul(name
            .matches(
                "blocks.[03].*(output|down).*") ? 0 : 0.4)))) {
      List<Calibration.Batch> batches = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        batches.add(new Calibration.Batch(rng.normal(device, 2, 2, 1, 4, 4), Tensor.of(new float[] {0.2f, 0.8f}, 2).to(device),
            rng
                .normal(device, 2, 4, 5), List.of(2, 2)));
      }
      Kept kept = new LearnableMask(2, 1, 60, 2e-3, 2, 1).choose(BlockSource.of(model), Calibration.of(batches));
      assertEquals(List.of(1, 2), kept.indices());
      assertThrows(IllegalArgumentException.class, () -> new LearnableMask(3, 1, 2, 1e-3, 2, 1).choose(BlockSource.of(model),
          Calibration.of(batches)));
    }
  }

  @Test
  void countsTheWaysToKeepSome() {
    List<int[]> ways = LearnableMask.ways(4, 2);
    assertEquals(6, ways.size());
    assertArrayEquals(new int[] {0, 1}, ways.getFirst());
    assertArrayEquals(new int[] {2, 3}, ways.getLast());
    assertThrows(IllegalArgumentException.class, () -> new LearnableMask(2, 2, 1, 1e-3, 1, 1));
  }
}
