package dev.raiju.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WanVaeTest {
  private static final Device CPU = Device.named("cpu");
  /// Fewer levels and other steps in time than the published one.
  static final WanVaeConfig CONFIG = new WanVaeConfig(4, List.of(1, 2, 3), 1, List.of(true, true), 5, List.of(0.1, -0.2, 0.0,
      0.3, 0.0), List.of(1.5, 1.0, 0.7, 2.0, 1.0));
  /// The published steps at a small width.
  static final WanVaeConfig NARROW = new WanVaeConfig(4, List.of(1, 2, 4, 4), 1, List.of(false, true, true), 16,
      WanVaeConfig.WAN_2_1.mean(), WanVaeConfig.WAN_2_1.deviation());

  private static final TileCost DECODING = new DecodingCost(CONFIG);

  static WanVae vae(WanVaeConfig config, Device device) {
    return WanVae.create(config, Initializer.random(Rng.of(1), device));
  }

  private static WanVaeDecoder decoder(WanVaeConfig config) {
    return WanVaeDecoder.create(Initializer.random(Rng.of(1), CPU), config);
  }

  @Test
  void hasTheParametersOfThePublishedModel() {
    try (WanVae vae = WanVae.create(WanVaeConfig.WAN_2_1, Initializer.shapes(CPU))) {
      assertEquals(126892531, vae.parameterCount());
      assertEquals(53595872 + 1056, vae.encoder().parameterCount());
      assertEquals(73295331 + 272, vae.decoder().parameterCount());
      assertEquals(8, vae.decoder().spaceFactor());
      assertEquals(4, vae.decoder().timeFactor());
      assertEquals(81, vae.config().frames(21));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 1 1 1", "4", "2 2", "2 1 1"})
  void decodingPieceByPieceGivesTheSame(String pieces) {
    try (Scope scope = Scope.open(); WanVaeDecoder decoder = decoder(CONFIG)) {
      List<Integer> sizes = new ArrayList<>(Arrays.stream(pieces.split(" ")).map(Integer::valueOf).toList());
      Tensor latent = Rng.of(2).normal(CPU, 2, 5, sizes.stream().mapToInt(i -> i).sum(), 2, 3);
      List<Tensor> parts = new ArrayList<>();
      try (WanVaeStream stream = decoder.stream()) {
        int at = 0;
        for (int size : sizes) {
          parts.add(stream.next(latent.slice(2, at, size)));
          at += size;
        }
      }
      assertEquals(4L * sizes.getFirst() - 3, parts.getFirst().size(2));
      assertArrayEquals(decoder.decode(latent).toFloats(), Tensor.concat(2, parts.toArray(Tensor[]::new)).toFloats(), 1e-5f);
    }
  }

  @Test
  void encodingPieceByPieceGivesTheSame() {
    try (Scope scope = Scope.open(); WanVae vae = vae(CONFIG, CPU); WanVaeEncoding stream = vae.encoder().stream()) {
      Tensor frames = Rng.of(2).uniform(CPU, 2, 3, 13, 8, 12);
      Tensor whole = vae.encode(frames);
      assertEquals(Shape.of(2, 5, 4, 2, 3), whole.shape());
      Tensor parts = Tensor.concat(2, stream.next(frames.slice(2, 0, 5)), stream.next(frames.slice(2, 5, 8)));
      assertArrayEquals(whole.toFloats(), parts.toFloats(), 1e-5f);
    }
  }

  @Test
  void framesReachOnlyTheirFuture() {
    try (Scope scope = Scope.open(); WanVaeDecoder decoder = decoder(CONFIG)) {
      Tensor latent = Rng.of(2).normal(CPU, 1, 5, 4, 2, 2);
      Tensor changed = Tensor.concat(2, latent.slice(2, 0, 3), latent.slice(2, 3, 1).neg());
      float[] change = decoder.decodeRaw(latent).sub(decoder.decodeRaw(changed)).abs().max(0, 1, 3, 4).toFloats();
      assertEquals(13, change.length);
      for (int frame = 0; frame < 9; frame++) assertEquals(0, change[frame]);
      assertTrue(change[9] > 0);
    }
  }

  /// All pieces put together, `[T, 3, H, W]`.
  private static float[] joined(WanVaeDecoder decoder, Tensor latent, FrameTiles plan) {
    int high = (int) latent.size(3) * decoder.spaceFactor();
    int wide = (int) latent.size(4) * decoder.spaceFactor();
    int count = (int) decoder.config().frames(latent.size(2));
    float[] all = new float[count * 3 * high * wide];
    Arrays.fill(all, Float.NaN);
    int[] pieces = new int[1];
    decoder.decode(latent, plan.bytes(), piece -> {
      pieces[0]++;
      assertEquals(pieces[0], piece.done());
      assertEquals(plan.tiles().size() * latent.size(2), piece.total());
      float[] values = piece.frames().toFloats();
      int h = (int) piece.frames().size(2);
      int w = (int) piece.frames().size(3);
      for (int i = 0; i < values.length; i++) {
        int x = i % w + piece.left();
        int y = i / w % h + piece.top();
        int at = ((i / w / h + 3 * piece.first()) * high + y) * wide + x;
        assertTrue(Float.isNaN(all[at]), "a pixel that two tiles make");
        all[at] = values[i];
      }
    });
    assertEquals(plan.tiles().size() * latent.size(2), pieces[0]);
    return all;
  }

  @Test
  void tilesGiveTheVeryBitsOfTheWholeFrame() {
    try (Scope scope = Scope.open(); WanVaeDecoder decoder = decoder(CONFIG)) {
      Tensor latent = Rng.of(3).normal(CPU, 1, 5, 2, 11, 22);
      Tensor whole;
      try (WanVaeStream stream = decoder.stream()) {
        whole = Tensor.concat(2, IntStream.range(0, 2).mapToObj(t -> stream.next(latent.slice(2, t, 1))).toArray(Tensor[]::new));
      }
      float[] expected = whole.add(1).mul(0.5).select(0, 0).transpose(0, 1).toFloats();
      int most = 0;
      for (int cuts = 1; cuts <= 4; cuts++) {
        long bytes = FrameTiles.cut(DECODING, 11, 22, Math.max(1, cuts - 1), cuts).bytes();
        FrameTiles plan = FrameTiles.plan(DECODING, 11, 22, bytes);
        assertTrue(plan.bytes() <= bytes);
        most = Math.max(most, plan.tiles().size());
        assertArrayEquals(expected, joined(decoder, latent, plan), plan.tiles().toString());
      }
      assertTrue(most >= 4, "most tiles: " + most);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "2, 2", "3, 4"})
  void tilesOfAnEncoderGiveTheVeryBitsOfTheWholeFrame(int rows, int columns) {
    for (WanVaeConfig config : List.of(CONFIG, NARROW)) {
      try (Scope scope = Scope.open(); WanVae vae = vae(config, CPU)) {
        int space = config.spaceFactor();
        Tensor frames = Rng.of(3).uniform(CPU, 1, 3, 5, 11L * space, 18L * space);
        long bytes = FrameTiles.cut(new EncodingCost(config), 11, 18, rows, columns).bytes();
        FrameTiles plan = new FrameTiles(FrameTiles.cut(new EncodingCost(config), 11, 18, rows, columns).tiles(),
            new EncodingCost(config).rim(), bytes);
        float[] whole = inPieces(vae.encoder().stream(), frames);
        assertArrayEquals(whole, inPieces(new WanVaeEncoding(vae.encoder(), plan), frames));
        assertArrayEquals(vae.encode(frames).toFloats(), whole, 1e-4f);
      }
    }
  }

  private static float[] inPieces(WanVaeEncoding stream, Tensor frames) {
    try (stream; Scope scope = Scope.open()) {
      return Tensor.concat(2, stream.next(frames.slice(2, 0, 1)), stream.next(frames.slice(2, 1, frames.size(2) - 1))).toFloats();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2"})
  void anEncoderTakesNoMoreThanItSaysAndNoMoreForLongerClips(int rows, int columns) {
    try (Scope scope = Scope.open(); WanVae vae = vae(NARROW, CPU)) {
      long bytes = FrameTiles.cut(new EncodingCost(NARROW), 18, 20, rows, columns).bytes();
      List<Long> peaks = new ArrayList<>();
      for (int pieces : new int[] {2, 4}) {
        Tensor frames = Rng.of(4).uniform(CPU, 1, 3, 1 + 4L * pieces, 18 * 8, 20 * 8);
        long before = HostMemory.liveBytes();
        HostMemory.resetPeak();
        try (WanVaeEncoding stream = vae.encoder().stream(bytes)) {
          stream.next(frames.slice(2, 0, 1)).close();
          for (int i = 0; i < pieces; i++) stream.next(frames.slice(2, 1 + 4L * i, 4)).close();
        }
        peaks.add(HostMemory.peakBytes() - before);
      }
      assertEquals(peaks.get(0), peaks.get(1), peaks.get(0) * 0.1);
      assertTrue(peaks.get(0) <= bytes && peaks.get(1) <= bytes, peaks + " of " + bytes);
      assertTrue(peaks.get(0) >= 0.5 * bytes, peaks + " of " + bytes);
    }
  }

  /// The rim is as wide as it must be: what lies at its outer edge still reaches the tile.
  @Test
  void theRimIsNoWiderThanNeeded() {
    assertEquals(6, new DecodingCost(WanVaeConfig.WAN_2_1).rim());
    // 1 + (4 · 2 + 1) + 4 pixels of 4
    assertEquals(4, DECODING.rim());
  }

  private static long peak(WanVaeDecoder decoder, Spec latent, long bytes) {
    try (Scope scope = Scope.open()) {
      Tensor drawn = Rng.of(4).normal(CPU, latent.shape().sizes());
      long before = HostMemory.liveBytes();
      HostMemory.resetPeak();
      decoder.decode(drawn, bytes, _ -> {});
      assertEquals(before, HostMemory.liveBytes());
      return HostMemory.peakBytes() - before;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2"})
  void takesNoMoreThanItSaysAndNoMoreForLongerClips(int rows, int columns) {
    try (WanVaeDecoder decoder = decoder(NARROW)) {
      long bytes = FrameTiles.cut(new DecodingCost(NARROW), 18, 20, rows, columns).bytes();
      long some = peak(decoder, Spec.of(DType.F32, 1, 16, 2, 18, 20), bytes);
      long more = peak(decoder, Spec.of(DType.F32, 1, 16, 5, 18, 20), bytes);
      // how much kernels keep aside depends on how many workers happen to run at once
      assertEquals(some, more, some * 0.1);
      assertTrue(some <= bytes, some + " of " + bytes);
      assertTrue(some >= 0.5 * bytes, some + " of " + bytes);
    }
  }

  @Test
  void saysWhatItWouldTake() {
    String message = assertThrows(IllegalArgumentException.class, () -> FrameTiles.plan(new DecodingCost(WanVaeConfig.WAN_2_1),
        60, 104, 64 << 20))
        .getMessage();
    assertTrue(message.matches(
        "wan vae: decoding 832 x 480 takes \\d+ MiB in the smallest tiles: 64 MiB are allowed; allow more, "
            + "or make the clip smaller"), message);
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Scope scope = Scope.open(); WanVae vae = vae(CONFIG, CPU); WanVaeEncoding stream = vae.encoder().stream()) {
      assertEquals("wan vae: frames of 9 x 21; height and width must be multiples of 4; nearest is 8 x 20", problem(() -> vae
          .encode(Tensor.zeros(1, 3, 1, 9, 21))));
      assertEquals("wan vae: 4 frames; must be a multiple of 4 plus 1; the nearest are 1 and 5", problem(() -> vae.encode(Tensor
          .zeros(1, 3, 4, 8, 8))));
      stream.next(Tensor.zeros(1, 3, 1, 8, 8));
      assertEquals("wan vae: 5 frames; must be a multiple of 4; the nearest are 4 and 8", problem(() -> stream.next(Tensor.zeros(
          1, 3, 5, 8, 8))));
      assertEquals("wan vae: latent [1, 4, 1, 1, 1]; needs [B, 5, T, H, W]", problem(() -> vae.decode(Tensor.zeros(1, 4, 1, 1,
          1))));
      assertThrows(ShapeException.class, () -> new WanVaeConfig(4, List.of(1, 2), 2, List.of(), 1, List.of(0.0), List.of(1.0)));
      assertThrows(ShapeException.class, () -> new WanVaeConfig(4, List.of(1), 2, List.of(), 1, List.of(0.0), List.of(0.0)));
    }
  }

  private static String problem(Runnable work) { return assertThrows(ShapeException.class, work::run).getMessage(); }

  @Test
  void leavesNothingBehind() {
    try (WanVae vae = vae(CONFIG, CPU); Scope scope = Scope.open()) {
      Tensor video = Rng.of(2).uniform(CPU, 1, 3, 5, 8, 8);
      long before = HostMemory.liveBuffers();
      try (Scope inner = Scope.open()) {
        Tensor latent = vae.encode(video);
        vae.decode(latent);
        assertEquals(before + 2, HostMemory.liveBuffers());
        try (WanVaeStream stream = vae.decoder().stream()) {
          stream.next(latent);
        }
      }
      assertEquals(before, HostMemory.liveBuffers());
    }
  }
}
