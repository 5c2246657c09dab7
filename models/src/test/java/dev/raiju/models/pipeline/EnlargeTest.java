package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EnlargeTest {
  @Property(tries = 50)
  void repeatsThePixelThatEachPlaceCameFrom(@ForAll @IntRange(min = 1, max = 300) int width,
      @ForAll @IntRange(min = 1, max = 5) int height, @ForAll long seed) {
    Clip clip = SyntheticClips.plasma(seed, width, height, 2);
    Clip large = Enlarge.forViewing(clip);
    int factor = Enlarge.factor(width);
    assertEquals(width * factor, large.width());
    assertEquals(height * factor, large.height());
    for (int t = 0; t < 2; t++) {
      byte[] from = clip.frame(t);
      byte[] to = large.frame(t);
      for (int i = 0; i < large.width() * large.height(); i++) {
        int source = i / large.width() / factor * width + i % large.width() / factor;
        assertArrayEquals(Arrays.copyOfRange(from, 3 * source, 3 * source + 3), Arrays.copyOfRange(to, 3 * i, 3 * i + 3));
      }
    }
  }

  @Test
  void takesTheSmallestEvenFactorThatReaches256() {
    int[] widths = {1, 48, 63, 64, 96, 127, 128, 255, 256, 832};
    assertArrayEquals(new int[] {256, 6, 6, 4, 4, 4, 2, 2, 1, 1}, IntStream.of(widths).map(Enlarge::factor).toArray());
  }

  @Test
  void leavesAWideClipAlone() {
    Clip clip = SyntheticClips.plasma(1, 256, 2, 1);
    assertSame(clip, Enlarge.forViewing(clip));
  }
}
