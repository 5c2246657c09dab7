package dev.raiju.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Planning;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Decoding with a tiny decoder within a number of bytes.
class TaeTilesTest {
  private static final Device CPU = Device.named("cpu");
  /// Time grows at the last level, so that frames before the first come out of a piece with others.
  private static final TaeConfig TWICE = new TaeConfig(3, 1, 5, 4, List.of(new Level(6, 1, 2), new Level(8, 1, 2)), List.of(
      new Level(8, 1, 2), new Level(6, 2, 2)), 5);
  private static final TaeConfig FLAT = new TaeConfig(3, 4, 5, 4, List.of(), List.of(), 6);

  private static FrameTiles cut(TaeDecoder decoder, int h, int w, int rows, int columns) {
    return FrameTiles.cut(new TaeCost(decoder), h, w, rows, columns);
  }

  /// All pieces put together, `[T, 3, H, W]`; every pixel comes once.
  private static float[] joined(TaeDecoder decoder, Tensor latent, FrameTiles plan, int[] pieces) {
    int high = (int) latent.size(3) * decoder.spaceFactor();
    int wide = (int) latent.size(4) * decoder.spaceFactor();
    int count = (int) (latent.size(2) - 1) * decoder.timeFactor() + 1;
    float[] all = new float[count * 3 * high * wide];
    Arrays.fill(all, Float.NaN);
    FrameSink sink = piece -> {
      assertEquals(++pieces[0], piece.done());
      float[] values = piece.frames().toFloats();
      int h = (int) piece.frames().size(2);
      int w = (int) piece.frames().size(3);
      for (int i = 0; i < values.length; i++) {
        int at = ((i / w / h + 3 * piece.first()) * high + i / w % h + piece.top()) * wide + i % w + piece.left();
        assertTrue(Float.isNaN(all[at]), "a pixel that two tiles make");
        all[at] = values[i];
      }
      pieces[1] = piece.total();
    };
    try (TaeTileStream stream = new TaeTileStream(decoder, plan, (int) latent.size(2), sink)) {
      for (int t = 0; t < latent.size(2); t++) stream.next(latent.slice(2, t, 1));
    }
    return all;
  }

  @Test
  void tilesGiveTheVeryBitsOfTheWholeFrame() {
    for (TaeConfig config : List.of(TaeTest.CONFIG, TWICE, FLAT)) {
      try (Scope scope = Scope.open(); Tae tae = TaeTest.tae(config, CPU)) {
        TaeDecoder decoder = tae.decoder();
        Tensor latent = Rng.of(3).normal(CPU, 1, 5, 3, 9, 14);
        float[] expected;
        try (TaeStream stream = decoder.stream()) {
          expected = Tensor.concat(1, IntStream.range(0, 3).mapToObj(t -> stream.next(latent.slice(2, t, 1))).toArray(
              Tensor[]::new)).select(0, 0).toFloats();
        }
        for (int cuts = 1; cuts <= 4; cuts++) {
          FrameTiles plan = cut(decoder, 9, 14, Math.max(1, cuts - 1), cuts);
          int[] pieces = new int[2];
          assertArrayEquals(expected, joined(decoder, latent, plan, pieces), config + " in " + plan.tiles());
          // every piece is told of, and their number is known from the first one on
          assertEquals(pieces[1], pieces[0]);
          assertEquals(0, pieces[0] % plan.tiles().size());
        }
        // within bytes, the same pieces in another number
        float[] least = new float[1];
        decoder.decode(latent, decoder.leastBytes(latent.shape()), piece -> least[0] = Math.max(least[0], piece.frames().max()
            .toFloats()[0]));
        float greatest = 0;
        for (float value : expected) greatest = Math.max(greatest, value);
        assertEquals(greatest, least[0]);
      }
    }
  }

  private static long planned(TaeConfig config, int frames, int h, int w, long bytes) {
    Planning plan = Planning.of(CPU);
    try (Scope scope = Scope.open(); Tae tae = Tae.create(config, Initializer.shapes(plan.device()))) {
      Tensor latent = Rng.of(4).normal(plan.device(), 1, config.latentChannels(), frames, h, w);
      long before = plan.liveBytes();
      plan.resetPeak();
      tae.decoder().decode(latent, bytes, _ -> {});
      assertEquals(before, plan.liveBytes());
      return plan.peakBytes() - before;
    }
  }

  /// The published decoder at its usual sizes, on a device that only plans.
  @ParameterizedTest
  @CsvSource({"60, 104, 1, 1", "60, 104, 2, 2", "60, 104, 3, 4", "60, 104, 8, 8", "90, 160, 4, 4", "24, 40, 1, 2"})
  void takesNoMoreThanItSaysAndNoMoreForLongerClips(int h, int w, int rows, int columns) {
    try (Tae tae = Tae.create(TaeConfig.TAEW2_1, Initializer.shapes(Device.reference()))) {
      long bytes = cut(tae.decoder(), h, w, rows, columns).bytes();
      long some = planned(TaeConfig.TAEW2_1, 3, h, w, bytes);
      assertEquals(some, planned(TaeConfig.TAEW2_1, 6, h, w, bytes));
      assertTrue(some <= bytes && some >= 0.5 * bytes, some + " of " + bytes);
    }
  }

  @Test
  void threeFifthsOfTheBytesAreEnoughInTiles() {
    try (Tae tae = Tae.create(TaeConfig.TAEW2_1, Initializer.shapes(Device.reference()))) {
      Shape latent = Shape.of(1, 16, 21, 60, 104);
      long whole = cut(tae.decoder(), 60, 104, 1, 1).bytes();
      assertTrue(tae.decoder().leastBytes(latent) < 0.6 * whole, tae.decoder().leastBytes(latent) + " of " + whole);
      String message = assertThrows(IllegalArgumentException.class, () -> FrameTiles.plan(new TaeCost(tae.decoder()), 60, 104,
          1 << 20)).getMessage();
      assertTrue(message.matches(
          "tae: decoding 832 x 480 takes \\d+ MiB in the smallest tiles: 1 MiB are allowed; allow more, or "
              + "make the clip smaller"), message);
    }
  }

  /// 3 · 3 convolutions before the doubling and 2 behind it, in positions of the latent.
  @Test
  void theRimIsNoWiderThanNeeded() {
    try (Tae tae = Tae.create(TaeConfig.TAEW2_1, Initializer.shapes(Device.reference()))) {
      assertEquals(3, new TaeCost(tae.decoder()).rim());
    }
  }
}
