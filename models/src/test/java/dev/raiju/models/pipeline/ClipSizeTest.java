package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.Shape;
import org.junit.jupiter.api.Test;

class ClipSizeTest {
  private static final ClipSize WAN = ClipSize.of(8, new WanConfig.Patch(1, 2, 2), 4);

  private static String refusal(ClipSize size, int width, int height, int frames) {
    return assertThrows(IllegalArgumentException.class, () -> size.latent(16, width, height, frames)).getMessage();
  }

  @Test
  void givesTheShapeOfTheLatent() {
    assertEquals(Shape.of(1, 16, 21, 60, 104), WAN.latent(16, 832, 480, 81));
    assertEquals(Shape.of(1, 16, 1, 2, 2), WAN.latent(16, 16, 16, 1));
  }

  @Test
  void namesTheNearestSizesThatThereAre() {
    assertEquals("width: 830: must be a multiple of 16; the nearest are 816 and 832", refusal(WAN, 830, 480, 81));
    assertEquals("height: 481: must be a multiple of 16; the nearest are 480 and 496", refusal(WAN, 832, 481, 81));
    assertEquals("frames: 80: must be a multiple of 4 plus 1; the nearest are 77 and 81", refusal(WAN, 832, 480, 80));
    assertEquals("width: 0: must be a multiple of 16 from 16 to 16384; the nearest is 16", refusal(WAN, 0, 480, 81));
    assertEquals("height: 17000: must be a multiple of 16 from 16 to 16384; the nearest is 16384", refusal(WAN, 832, 17000, 81));
    assertEquals("frames: 9999: must be a multiple of 4 plus 1 from 1 to 4093; the nearest is 4093", refusal(WAN, 832, 480,
        9999));
  }

  @Test
  void framesFillWholePatches() {
    ClipSize pairs = ClipSize.of(8, new WanConfig.Patch(2, 2, 2), 4);
    assertEquals(Shape.of(1, 16, 2, 2, 2), pairs.latent(16, 16, 16, 5));
    assertEquals("frames: 9: must be a multiple of 8 plus 5; the nearest are 5 and 13", refusal(pairs, 16, 16, 9));
  }

  /// Whatever is asked for, what the message names is there.
  @Test
  void whatIsNamedIsThere() {
    for (int frames = -3; frames < 60; frames++) {
      int below = WAN.frames().below(frames);
      WAN.latent(16, 16, 16, below);
      if (frames > 0 && frames % 4 != 1) WAN.latent(16, 16, 16, below + 4);
    }
  }
}
