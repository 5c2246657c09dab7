package dev.raiju.models.pipeline.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Enlarge;
import dev.raiju.models.pipeline.SyntheticClips;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GifTest {
  @Property(tries = 30)
  void keepsAClipOfFewColoursExactly(@ForAll @IntRange(min = 1, max = 300) int width,
      @ForAll @IntRange(min = 1, max = 20) int height,
      @ForAll @IntRange(min = 1, max = 256) int colours, @ForAll long seed) throws IOException {
    Clip clip = random(seed, width, height, 3, colours);
    assertEquals(Enlarge.forViewing(clip), play(clip));
  }

  @Test
  void keepsExactly256Colours() throws IOException {
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      byte[] frame = new byte[3 * 256];
      for (int i = 0; i < 256; i++) frame[3 * i + t % 2] = (byte) (i * (t == 0 ? 1 : 0));
      frames.add(frame);
    }
    Clip clip = Clip.ofRgb(frames, 256, 1, 16);
    assertEquals(clip, play(clip));
  }

  @Test
  void compressesPastTheLargestTable() throws IOException {
    // noise of 256 colours fills the table of 4096 codes many times
    Clip clip = random(1, 300, 200, 2, 256);
    assertEquals(clip, play(clip));
  }

  @Test
  void staysNearAClipOfManyColours() throws IOException {
    Clip shapes = SyntheticClips.decodedShapes(4, 64, 64, 17);
    assertTrue(psnr(Enlarge.forViewing(shapes), play(shapes)) > 40, () -> "shapes: " + psnr(shapes));
    Clip plasma = SyntheticClips.plasma(4, 256, 64, 8);
    assertTrue(psnr(plasma, play(plasma)) > 31, () -> "plasma: " + psnr(plasma));
  }

  @Test
  void patternsOfTwoColoursShowAnAreaBetterThanTheNearestColours() throws IOException {
    Clip plasma = SyntheticClips.plasma(7, 256, 256, 6);
    Palette palette = Palette.of(plasma);
    List<byte[]> nearest = new ArrayList<>();
    for (int t = 0; t < plasma.frames(); t++) {
      byte[] frame = plasma.frame(t);
      for (int i = 0; i < frame.length; i += 3) {
        int colour = palette.colour(palette.nearest(Palette.colourAt(frame, i)));
        for (int c = 0; c < 3; c++) frame[i + c] = (byte) (colour >> 16 - 8 * c);
      }
      nearest.add(frame);
    }
    double patterns = errorOfMeans(plasma, play(plasma));
    double without = errorOfMeans(plasma, Clip.ofRgb(nearest, 256, 256, 16));
    assertTrue(patterns < 0.75 * without, "error of 8 x 8 means: " + patterns + ", nearest colours " + without);
  }

  @Test
  void stillPartsDoNotFlicker() throws IOException {
    Clip noisy = SyntheticClips.decodedShapes(4, 64, 64, 17);
    Clip shown = play(noisy);
    // the corner stays background; in the clip it flickers by a level or two
    int changes = 0;
    for (int t = 1; t < 17; t++) {
      byte[] before = shown.frame(t - 1);
      byte[] after = shown.frame(t);
      for (int i = 0; i < 3 * 8 * 256; i += 3 * 4) {
        if (before[i] != after[i]) changes++;
      }
    }
    int pixels = 16 * 8 * 64;
    assertTrue(changes < pixels / 10, changes + " changes of " + pixels + " pixels in the still part");
  }

  @Test
  void keepsTheLengthOfTheClip() throws IOException {
    GifReader read = new GifReader(bytes(random(1, 8, 8, 17, 4)));
    assertEquals(106, read.hundredths.stream().mapToInt(i -> i).sum());
    assertTrue(read.playsForEver);
    assertArrayEquals(new int[] {2, 2, 2}, IntStream.range(0, 3).map(t -> GifWriter.delay(t, 120)).toArray());
  }

  @Test
  void refusesWhatTheFormatCannotHold() {
    Clip tall = Clip.ofRgb(List.of(new byte[3 * 300]), 1, 300, 16);
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> bytes(tall));
    assertEquals("gif: clip: 1 frames of 1 x 300, 16 a second; the format ends at 65535 pixels a side", e.getMessage());
  }

  private static Clip random(long seed, int width, int height, int frames, int colours) {
    Random random = new Random(seed);
    byte[] palette = new byte[3 * colours];
    random.nextBytes(palette);
    List<byte[]> result = new ArrayList<>();
    for (int t = 0; t < frames; t++) {
      byte[] frame = new byte[3 * width * height];
      for (int i = 0; i < frame.length; i += 3) {
        // runs of one colour, and now and then the pixel of the frame before
        boolean stays = i > 0 && random.nextInt(3) > 0;
        boolean still = t > 0 && random.nextInt(4) > 0;
        byte[] from = still ? result.getLast() : stays ? frame : palette;
        System.arraycopy(from, still ? i : stays ? i - 3 : 3 * random.nextInt(colours), frame, i, 3);
      }
      result.add(frame);
    }
    return Clip.ofRgb(result, width, height, 16);
  }

  private static byte[] bytes(Clip clip) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new GifWriter().write(clip, out);
    return out.toByteArray();
  }

  private static Clip play(Clip clip) throws IOException { return Clip.of(new GifReader(bytes(clip)).frames, 16); }

  private static double psnr(Clip clip) {
    try {
      return psnr(Enlarge.forViewing(clip), play(clip));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double psnr(Clip a, Clip b) {
    double squares = 0;
    long count = 0;
    for (int t = 0; t < a.frames(); t++) {
      byte[] x = a.frame(t);
      byte[] y = b.frame(t);
      for (int i = 0; i < x.length; i++, count++) squares += Math.pow((x[i] & 0xff) - (y[i] & 0xff), 2);
    }
    return 10 * Math.log10(255 * 255 / (squares / count));
  }

  /// The root mean square of what the means of blocks of 8 x 8 pixels differ by, for clips 256 wide.
  private static double errorOfMeans(Clip a, Clip b) {
    double squares = 0;
    int count = 0;
    for (int t = 0; t < a.frames(); t++) {
      byte[] x = a.frame(t);
      byte[] y = b.frame(t);
      for (int block = 0; block < a.height() / 8 * 32; block++, count++) {
        squares += Math.pow(mean(x, block) - mean(y, block), 2);
      }
    }
    return Math.sqrt(squares / count);
  }

  /// The mean of green in block number `block`.
  private static double mean(byte[] frame, int block) {
    double sum = 0;
    for (int i = 0; i < 64; i++) {
      int x = block % 32 * 8 + i % 8;
      int y = block / 32 * 8 + i / 8;
      sum += frame[3 * (y * 256 + x) + 1] & 0xff;
    }
    return sum / 64;
  }
}
