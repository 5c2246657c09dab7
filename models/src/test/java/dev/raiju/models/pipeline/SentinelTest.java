package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Sentinel.Finding;
import dev.raiju.models.pipeline.Sentinel.Verdict;
import dev.raiju.models.pipeline.SyntheticClips.Painter;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentinelTest {
  private static final int SIDE = 64;
  private static final int FRAMES = 17;

  @Test
  void raisesNoWarningOnFiveHundredNormalClips() {
    List<String> alarms = IntStream.range(0, 500).parallel().mapToObj(seed -> {
      Clip clip = SyntheticClips.normal(seed, SIDE + seed % 3 * 8, SIDE, FRAMES);
      return seed % SyntheticClips.KINDS + ": " + Sentinel.inspect(clip);
    }).filter(line -> !line.endsWith("[]")).toList();
    assertEquals(List.of(), alarms);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void flagsBlack(int seed) {
    double level = seed % 4 * 3;
    assertVerdicts(grained(seed, level, seed / 4 * 2), Verdict.BLACK);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void flagsFlatColour(int seed) {
    double level = 40 + seed % 4 * 60;
    assertVerdicts(grained(seed, level, seed / 4 * 2.5), Verdict.UNIFORM);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void flagsNoiseOfPixels(int seed) {
    Random random = new Random(seed);
    Painter uniform = (x, y, t, rgb) -> {
      for (int c = 0; c < 3; c++) rgb[c] = random.nextInt(256);
    };
    Clip clip = SyntheticClips.paint(seed % 2 == 0
        ? uniform
        : SyntheticClips.noisy((x, y, t, rgb) -> SyntheticClips.all(rgb, 128), random, 15 + 5 * seed), SIDE, SIDE, FRAMES);
    assertVerdicts(clip, Verdict.NOISE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void flagsNoiseOfLatents(int seed) {
    // every latent place, 8 x 8 pixels and 4 frames, drawn on its own and blended into its neighbours
    int side = seed % 2 == 0 ? SIDE : 2 * SIDE;
    Random random = new Random(seed);
    double[][][] latents = new double[3][8][600];
    for (double[][] channel : latents) {
      for (double[] plane : channel) {
        for (int i = 0; i < plane.length; i++) plane[i] = 128 + 50 * random.nextGaussian();
      }
    }
    int across = side / 8 + 2;
    Painter blotches = (x, y, t, rgb) -> {
      double fx = (x + 4) / 8;
      double fy = (y + 4) / 8;
      int at = (int) fy * across + (int) fx;
      double u = fx - Math.floor(fx);
      double v = fy - Math.floor(fy);
      for (int c = 0; c < 3; c++) {
        double[] plane = latents[c][(t + 3) / 4];
        rgb[c] = (1 - v) * ((1 - u) * plane[at] + u * plane[at + 1])
            + v * ((1 - u) * plane[at + across] + u * plane[at + across + 1]);
      }
    };
    assertVerdicts(SyntheticClips.paint(blotches, side, side, FRAMES), Verdict.NOISE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void flagsTileThatWasNotComputed(int seed) {
    int[][] tiles = {{0, 0, 32, 32}, {32, 32, 64, 64}, {16, 24, 40, 48}, {0, 0, 64, 32}, {48, 0, 64, 64}, {8, 8, 16, 24}};
    int[] tile = tiles[seed % tiles.length];
    int level = seed < tiles.length ? 0 : 128;
    Random random = new Random(seed);
    Painter clip = SyntheticClips.noisy(SyntheticClips.plasma(random, SIDE), random, 2);
    int begin = seed % 3 * 4;
    Painter broken = (x, y, t, rgb) -> {
      clip.paint(x, y, t, rgb);
      if (t >= begin && x >= tile[0] && x < tile[2] && y >= tile[1] && y < tile[3]) SyntheticClips.all(rgb, level);
    };
    assertVerdicts(SyntheticClips.paint(broken, SIDE, SIDE, FRAMES), Verdict.PARTLY_ZERO);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void flagsValuesThatAreNotNumbers(int seed) {
    float[] values = SyntheticClips.shapes(seed, 16, 16, 5).toTensor().toFloats();
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (int i = 0; i <= seed; i++) values[(i * 7919 + 31) % values.length] = bad[i % 3];
    List<Finding> findings = Sentinel.inspect(Clip.of(Tensor.of(values, 5, 3, 16, 16), 16));
    assertEquals(Verdict.NOT_A_NUMBER, findings.getFirst().verdict());
    assertTrue(findings.getFirst().seen().startsWith(seed + 1 + " of 3840 values"), findings::toString);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void onlyNotesThatNothingMoves(int seed) {
    Clip moving = SyntheticClips.shapes(seed, SIDE, SIDE, 1);
    List<byte[]> frames = new ArrayList<>();
    Random random = new Random(seed);
    for (int t = 0; t < FRAMES; t++) {
      byte[] frame = moving.frame(0);
      for (int i = 0; i < frame.length && seed % 2 == 1; i++)
        frame[i] = (byte) Math.min(255, (frame[i] & 0xff) + random.nextInt(2));
      frames.add(frame);
    }
    List<Finding> findings = Sentinel.inspect(Clip.ofRgb(frames, SIDE, SIDE, 16));
    assertEquals(List.of(Verdict.STATIC), findings.stream().map(Finding::verdict).toList());
    assertFalse(findings.getFirst().verdict().isWarning());
  }

  @Test
  void doesNotCallASinglePictureStatic() {
    assertEquals(List.of(), Sentinel.inspect(SyntheticClips.shapes(1, SIDE, SIDE, 1)));
  }

  @Test
  void tellsOfOneMovingPixelApartFromStillness() {
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < FRAMES; t++) {
      byte[] frame = SyntheticClips.plasma(3, SIDE, SIDE, 1).frame(0);
      frame[300 + 3 * t] = (byte) 255;
      frames.add(frame);
    }
    assertEquals(List.of(), Sentinel.inspect(Clip.ofRgb(frames, SIDE, SIDE, 16)));
  }

  @Test
  void tellsVerdictEvidenceAndCauseInOneLine() {
    assertEquals("black: no frame is brighter than 0 of 255; the decoder's output was never written, or latents went in without"
        + " its scale; check the decoder's file and device", Sentinel.inspect(grained(0, 0, 0)).getFirst().toString());
  }

  private static Clip grained(int seed, double level, double deviation) {
    Painter flat = (x, y, t, rgb) -> SyntheticClips.all(rgb, level);
    return SyntheticClips.paint(SyntheticClips.noisy(flat, new Random(seed), deviation), SIDE, SIDE, FRAMES);
  }

  private static void assertVerdicts(Clip clip, Verdict... expected) {
    assertEquals(List.of(expected), Sentinel.inspect(clip).stream().map(Finding::verdict).toList());
  }
}
