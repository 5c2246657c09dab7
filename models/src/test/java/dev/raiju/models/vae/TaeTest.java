package dev.raiju.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.GradCheck;
import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.vae.TaeConfig.Level;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TaeTest {
  private static final Device DEVICE = Device.reference();
  /// Every kind of level, with a patch.
  static final TaeConfig CONFIG = new TaeConfig(3, 2, 5, 4, List.of(new Level(6, 1, 2), new Level(5, 2, 1)), List.of(new Level(7,
      2, 1), new Level(6, 0, 2)), 4);

  static Stream<Device> devices() { return Goldens.devices(); }

  static Tae tae(TaeConfig config, Device device) { return Tae.create(config, Initializer.random(Rng.of(1), device)); }

  @Test
  void hasTheParametersOfThePublishedModel() {
    try (Tae tae = Tae.create(TaeConfig.TAEW2_1, Initializer.shapes(DEVICE))) {
      assertEquals(1470928, tae.encoder().parameterCount());
      assertEquals(9844611, tae.decoder().parameterCount());
      assertEquals(4, tae.decoder().timeFactor());
      assertEquals(8, tae.encoder().spaceFactor());
    }
  }

  @Test
  void hasTheParametersOfTheRecipe() {
    try (Tae tae = Tae.create(TaeConfig.SMALL, Initializer.shapes(DEVICE))) {
      assertEquals(821, Math.round(tae.encoder().parameterCount() / 1000.0));
      assertEquals(839, Math.round(tae.decoder().parameterCount() / 1000.0));
      assertEquals(4, tae.encoder().timeFactor());
      assertEquals(8, tae.encoder().spaceFactor());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "5, 3", "6, 3"})
  void goesThereAndBack(int frames, int latents) {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, DEVICE)) {
      Tensor video = Rng.of(2).uniform(DEVICE, 2, frames, 3, 8, 16);
      Tensor latent = tae.encode(video);
      assertEquals(Shape.of(2, 5, latents, 1, 2), latent.shape());
      assertEquals(latents, CONFIG.latentFrames(frames));
      Tensor back = tae.decode(latent);
      assertEquals(Shape.of(2, 2 * latents - 1, 3, 8, 16), back.shape());
      assertEquals(back.size(1), CONFIG.frames(latents));
      assertTrue(back.min().item() >= 0 && back.max().item() <= 1);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void decodingPieceByPieceGivesTheSame(Device device) {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, device)) {
      Tensor latent = Rng.of(2).normal(device, 2, 5, 5, 2, 3);
      float[] whole = tae.decode(latent).toFloats();
      for (List<Integer> pieces : List.of(List.of(1, 1, 1, 1, 1), List.of(2, 3), List.of(4, 1))) {
        List<Tensor> parts = new ArrayList<>();
        try (TaeStream stream = tae.decoder().stream()) {
          int at = 0;
          for (int piece : pieces) {
            parts.add(stream.next(latent.slice(2, at, piece)));
            at += piece;
          }
        }
        assertEquals(2L * pieces.getFirst() - 1, parts.getFirst().size(1));
        assertArrayEquals(whole, Tensor.concat(1, parts.toArray(Tensor[]::new)).toFloats(), 1e-6f);
      }
    }
  }

  @Test
  void theDecoderPutsStatisticsBack() {
    LatentStatistics statistics = new LatentStatistics(List.of(0.5, -1.0, 0.0, 2.0, 0.25), List.of(2.0, 0.5, 1.0, 3.0, 4.0));
    try (Scope scope = Scope.open(); Tae plain = tae(CONFIG, DEVICE); Tae normalized = tae(CONFIG.with(statistics), DEVICE)) {
      Tensor z = Rng.of(2).normal(DEVICE, 2, 5, 2, 3, 3);
      Tensor deviation = Tensor.of(new float[] {2, 0.5f, 1, 3, 4}, 1, 5, 1, 1, 1);
      Tensor mean = Tensor.of(new float[] {0.5f, -1, 0, 2, 0.25f}, 1, 5, 1, 1, 1);
      Tensor whole = z.mul(deviation.to(DEVICE)).add(mean.to(DEVICE));
      assertArrayEquals(plain.decode(whole).toFloats(), normalized.decode(z).toFloats(), 1e-5f);
      assertThrows(ShapeException.class, () -> new LatentStatistics(List.of(1.0), List.of(0.0)));
      assertThrows(ShapeException.class, () -> TaeConfig.SMALL.with(statistics));
    }
  }

  @Test
  void theSecondClipOfAStreamKnowsNothingOfTheFirst() {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, DEVICE)) {
      Tensor latent = Rng.of(2).normal(DEVICE, 1, 5, 2, 1, 1);
      try (TaeStream a = tae.decoder().stream(); TaeStream b = tae.decoder().stream()) {
        a.next(latent.mul(2));
        assertArrayEquals(tae.decode(latent).toFloats(), b.next(latent).toFloats(), 1e-6f);
      }
    }
  }

  @Test
  void theLastFrameIsRepeated() {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, DEVICE)) {
      Tensor video = Rng.of(2).uniform(DEVICE, 1, 3, 3, 8, 8);
      Tensor longer = Tensor.concat(1, video, video.slice(1, 2, 1));
      assertArrayEquals(tae.encode(longer).toFloats(), tae.encode(video).toFloats());
    }
  }

  @Test
  void framesReachOnlyTheirFuture() {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, DEVICE)) {
      Tensor latent = Rng.of(2).normal(DEVICE, 1, 5, 4, 1, 1);
      Tensor changed = Tensor.concat(2, latent.slice(2, 0, 3), latent.slice(2, 3, 1).neg());
      Tensor difference = tae.decode(latent).sub(tae.decode(changed)).abs().max(2, 3, 4);
      float[] perFrame = difference.toFloats();
      for (int frame = 0; frame < 5; frame++) assertEquals(0, perFrame[frame]);
      assertTrue(perFrame[5] > 0 && perFrame[6] > 0);
    }
  }

  @Test
  void leavesNothingBehind() {
    try (Tae tae = tae(CONFIG, DEVICE); Scope scope = Scope.open()) {
      Tensor video = Rng.of(2).uniform(DEVICE, 1, 3, 3, 8, 8);
      long before = HostMemory.liveBuffers();
      try (Scope inner = Scope.open()) {
        Tensor latent = tae.encode(video);
        tae.decode(latent);
        assertEquals(before + 2, HostMemory.liveBuffers());
        try (TaeStream stream = tae.decoder().stream()) {
          stream.next(latent);
        }
      }
      assertEquals(before, HostMemory.liveBuffers());
    }
  }

  /// What may happen after any operation: somebody stops the clip.
  @Test
  void leavesNothingBehindWhereverItIsStopped() {
    try (Tae tae = tae(CONFIG, DEVICE); Scope scope = Scope.open()) {
      TaeDecoder decoder = tae.decoder();
      Tensor latent = Rng.of(3).normal(DEVICE, 1, 5, 3, 2, 3);
      int[] operations = new int[1];
      try (Trace.Registration _ = Trace.listen((_, _, _) -> operations[0]++)) {
        decoder.decode(latent, Long.MAX_VALUE, _ -> {});
      }
      assertTrue(operations[0] > 100, "operations: " + operations[0]);
      long buffers = HostMemory.liveBuffers();
      for (int i = 0; i < operations[0]; i++) {
        int[] left = {i};
        try (Trace.Registration _ = Trace.listen((_, _, _) -> {
          if (left[0]-- == 0) throw new CancellationException();
        })) {
          assertThrows(CancellationException.class, () -> decoder.decode(latent, Long.MAX_VALUE, _ -> {}));
        }
        assertEquals(buffers, HostMemory.liveBuffers(), "stopped after operation " + i);
      }
    }
  }

  @Test
  void gradientsMatchDifferences() {
    try (Tae tae = tae(CONFIG, DEVICE); Tae wide = tae.to(DType.F64); Scope scope = Scope.open()) {
      Rng rng = Rng.of(3);
      List<Tensor> inputs = new ArrayList<>(wide.parameters().values());
      int count = inputs.size();
      inputs.add(rng.draw(Distribution.UNIFORM, DType.F64, Shape.of(1, 3, 3, 8, 8), DEVICE));
      GradCheck.check(in -> {
        Tae changed = wide.with(in.subList(0, count));
        return List.of(changed.decoder().decodeRaw(changed.encode(in.get(count))));
      }, inputs, 1, 19);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Scope scope = Scope.open(); Tae tae = tae(CONFIG, DEVICE)) {
      assertEquals("tae: frames of 9 x 21; height and width must be multiples of 8; nearest is 8 x 24", problem(() -> tae.encode(
          Rng.of(1).uniform(DEVICE, 1, 1, 3, 9, 21))));
      assertEquals("tae: frames [1, 3, 1, 8, 8]; needs [B, T, 3, H, W]", problem(() -> tae.encode(Rng.of(1).uniform(DEVICE, 1, 3,
          1, 8, 8))));
      assertEquals("tae: latent [1, 4, 1, 1, 1]; needs [B, 5, T, H, W]", problem(() -> tae.decode(Rng.of(1).uniform(DEVICE, 1, 4,
          1, 1, 1))));
      assertThrows(ShapeException.class, () -> new TaeConfig(3, 1, 4, 4, List.of(new Level(4, 0, 2)), List.of(new Level(4, 0, 1)),
          4));
    }
  }

  private static String problem(Runnable work) { return assertThrows(ShapeException.class, work::run).getMessage(); }

  @Test
  void aNewBlockChangesLittle() {
    try (Scope scope = Scope.open(); MemoryBlock block = MemoryBlock.create(Initializer.random(Rng.of(1), DEVICE), 16)) {
      Tensor x = Rng.of(2).uniform(DEVICE, 1, 2, 16, 8, 8);
      double change = block.forward(x, History.NONE).sub(x).square().mean().item() / x.square().mean().item();
      assertTrue(change > 0 && change < 0.1, "relative change " + change);
    }
  }

  @Test
  void halvesAreModules() {
    try (Tae tae = tae(CONFIG, DEVICE)) {
      assertTrue(tae.parameters().containsKey("decoder.levels.0.blocks.1.third.bias"));
      assertEquals(tae.parameterCount(), tae.encoder().parameterCount() + tae.decoder().parameterCount());
      Module<TaeDecoder> decoder = tae.decoder();
      assertTrue(decoder.parameters().containsKey("levels.0.grow.weight"));
    }
  }
}
