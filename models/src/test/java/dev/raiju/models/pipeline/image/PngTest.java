package dev.raiju.models.pipeline.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.SyntheticClips;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PngTest {
  @Property(tries = 60)
  void theJdkReadsBackEveryPixel(@ForAll @IntRange(min = 1, max = 40) int width, @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll long seed) throws IOException {
    Clip clip = mixed(seed, width, height, 1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new PngWriter().write(clip, out);
    assertEquals(clip, Clip.of(List.of(ImageIO.read(new ByteArrayInputStream(out.toByteArray()))), 16));
  }

  @Property(tries = 40)
  void everyFrameOfAnAnimationIsExact(@ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll @IntRange(min = 1, max = 5) int frames, @ForAll long seed) throws IOException {
    Clip clip = mixed(seed, width, height, frames);
    ApngReader read = new ApngReader(bytes(clip));
    for (int t = 0; t < frames; t++)
      assertArrayEquals(clip.image(t).getRGB(0, 0, width, height, null, 0, width), read.frames.get(t));
    assertEquals(0, read.plays);
    assertEquals(1 / 16.0, read.seconds.getLast());
  }

  @Test
  void storesOnlyWhatChanged() throws IOException {
    Clip still = SyntheticClips.plasma(3, 64, 64, 1);
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < 10; t++) frames.add(still.frame(0));
    int one = bytes(still).length;
    int ten = bytes(Clip.ofRgb(frames, 64, 64, 16)).length;
    assertTrue(ten - one < 9 * 80, one + " bytes for one frame, " + ten + " for ten that are alike");
  }

  @Test
  void filtersShrinkASmoothPicture() {
    byte[] smooth = SyntheticClips.plasma(3, 64, 64, 1).frame(0);
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    deflater.setInput(smooth);
    deflater.finish();
    int unfiltered = deflater.deflate(new byte[2 * smooth.length]);
    deflater.end();
    int filtered = PngStream.compress(smooth, 64, new Rectangle(0, 0, 64, 64)).length;
    assertTrue(filtered < 0.75 * unfiltered, filtered + " bytes, without filters " + unfiltered);
  }

  @Test
  void aPngHoldsOneFrame() {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> new PngWriter().write(SyntheticClips.shapes(1, 8, 8, 3), new ByteArrayOutputStream()));
    assertEquals("png: clip: 3 frames of 8 x 8, 16 a second; holds one frame: save an .apng, or the frames into a folder",
        e.getMessage());
  }

  /// Shapes, smooth colours or noise.
  static Clip mixed(long seed, int width, int height, int frames) {
    Random random = new Random(seed);
    return switch (random.nextInt(3)) {
      case 0 -> SyntheticClips.shapes(seed, width, height, frames);
      case 1 -> SyntheticClips.plasma(seed, width, height, frames);
      default -> {
        List<byte[]> noise = new ArrayList<>();
        for (int t = 0; t < frames; t++) {
          byte[] frame = new byte[3 * width * height];
          random.nextBytes(frame);
          noise.add(frame);
        }
        yield Clip.ofRgb(noise, width, height, 16);
      }
    };
  }

  private static byte[] bytes(Clip clip) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new ApngWriter().write(clip, out);
    return out.toByteArray();
  }
}
