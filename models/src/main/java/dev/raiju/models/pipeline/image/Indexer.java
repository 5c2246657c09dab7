package dev.raiju.models.pipeline.image;

import java.util.Arrays;
import java.util.OptionalInt;

/// Turns the frames of a clip, one after the other, into indices of a palette.
///
/// A colour that is missing from the palette is shown as a pattern of two that are there, by an 8 x 8 threshold matrix that
/// stays in place from frame to frame: error diffusion looks finer in one frame, but crawls in a film. A pixel also keeps its
/// index while its colour stays within [#HOLD] levels of the one the index was chosen for, so that a decoder's faint noise is
/// not made visible and still parts stay still.
final class Indexer {
  static final int HOLD = 2;

  /// The square of a distance, four levels in each channel, below which one entry is good enough without a pattern.
  private static final int CLOSE = 3 * 4 * 4;

  /// How many entries are tried as the second colour of a pattern: those nearest to the first.
  private static final int PARTNERS = 16;

  /// Against patterns of two colours far apart, which are seen as dots: the share of their spread that counts as error.
  private static final float DOTS = 0.2f;
  private static final int CACHE = 1 << 16;

  private final Palette palette;
  private final int width;
  private final int hold;
  private final int[][] partners;
  private byte[] chosenFor = new byte[0];
  private byte[] indices = new byte[0];

  // the patterns of colours seen lately; a later colour takes the place of an earlier one
  private final int[] cachedColours = new int[CACHE];
  private final int[] cachedPatterns = new int[CACHE];

  Indexer(Palette palette, int width) {
    this.palette = palette;
    this.width = width;
    this.hold = palette.exact() ? 0 : HOLD;
    this.partners = palette.exact() ? new int[0][] : palette.neighbours(PARTNERS);
    Arrays.fill(cachedColours, -1);
  }

  Palette palette() { return palette; }

  /// The index that means "as before", if the palette has room for it.
  OptionalInt transparent() {
    return palette.size() < Palette.LARGEST ? OptionalInt.of(palette.size()) : OptionalInt.empty();
  }

  /// The indices of the next frame, in an array of its own.
  byte[] next(byte[] rgb) {
    boolean first = chosenFor.length == 0;
    if (first) chosenFor = new byte[rgb.length];
    byte[] result = first ? new byte[rgb.length / 3] : indices.clone();
    for (int i = 0, at = 0; i < result.length; i++, at += 3) {
      if (!first && isHeld(rgb, at)) continue;
      result[i] = (byte) index(Palette.colourAt(rgb, at), i % width, i / width);
      System.arraycopy(rgb, at, chosenFor, at, 3);
    }
    indices = result;
    return result;
  }

  private boolean isHeld(byte[] rgb, int at) {
    for (int c = at; c < at + 3; c++) {
      if (Math.abs((rgb[c] & 0xff) - (chosenFor[c] & 0xff)) > hold) return false;
    }
    return true;
  }

  private int index(int colour, int x, int y) {
    int slot = colour * 0x9e3779b1 >>> 16;
    if (cachedColours[slot] != colour) {
      cachedColours[slot] = colour;
      cachedPatterns[slot] = pattern(colour);
    }
    int pattern = cachedPatterns[slot];
    boolean second = threshold(x, y) < pattern >> 16;
    return second ? pattern >> 8 & 0xff : pattern & 0xff;
  }

  /// The nearest entry, a second one, and how many pixels in 64 show the second: bits 0 to 7, 8 to 15, 16 and up.
  private int pattern(int colour) {
    int nearest = palette.nearest(colour);
    int first = palette.colour(nearest);
    float least = Palette.distance(colour, first);
    int best = nearest;
    if (palette.exact() || least <= CLOSE) return best;
    for (int partner : partners[nearest]) {
      float spread = Palette.distance(first, palette.colour(partner));
      // where the colour lies on the way from the first entry (0) to this one (1); past the middle this one would be nearest
      float along = projection(colour, first, palette.colour(partner));
      int share = Math.clamp(Math.round(along * 64), 0, 32);
      float f = share / 64f;
      float off = Palette.distance(colour, first) - 2 * f * along * spread + f * f * spread;
      float error = off + DOTS * f * (1 - f) * spread;
      if (error < least) {
        least = error;
        best = nearest | partner << 8 | share << 16;
      }
    }
    return best;
  }

  private static float projection(int colour, int from, int to) {
    // law of cosines: 2 (c - f)·(t - f) = |c - f|² + |t - f|² - |c - t|²
    float spread = Palette.distance(from, to);
    return (Palette.distance(colour, from) + spread - Palette.distance(colour, to)) / (2 * spread);
  }

  /// Bayer's matrix of 8 x 8: the numbers 0 to 63, neighbours as different as can be.
  private static int threshold(int x, int y) {
    int mixed = x ^ y;
    return (mixed & 1) << 5 | (y & 1) << 4 | (mixed & 2) << 2 | (y & 2) << 1 | (mixed & 4) >> 1 | (y & 4) >> 2;
  }
}
