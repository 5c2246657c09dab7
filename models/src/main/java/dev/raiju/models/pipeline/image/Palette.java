package dev.raiju.models.pipeline.image;

import dev.raiju.models.pipeline.Clip;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;

/// The colours of a GIF: those of the clip if there are at most 256, else 255 that stand for them and one place left free for
/// transparency.
///
/// They are found by cutting boxes of colours in two at their mean, always the box with the largest squared error, and then by
/// a few rounds of k-means. Wu, Graphics Gems II, 1991; Lloyd 1982.
final class Palette {
  static final int LARGEST = 256;
  private static final int REFINEMENTS = 4;

  private final int[] colours;
  private final boolean exact;

  private Palette(int[] colours, boolean exact) {
    this.colours = colours;
    this.exact = exact;
  }

  /// The palette for all frames of a clip.
  static Palette of(Clip clip) {
    BitSet seen = new BitSet(1 << 24);
    int count = 0;
    for (int t = 0; t < clip.frames() && count <= LARGEST; t++) {
      byte[] rgb = clip.frame(t);
      for (int i = 0; i < rgb.length && count <= LARGEST; i += 3) {
        int colour = colourAt(rgb, i);
        if (seen.get(colour)) continue;
        seen.set(colour);
        count++;
      }
    }
    if (count <= LARGEST) return new Palette(seen.stream().toArray(), true);
    ColourBins bins = ColourBins.of(clip);
    float[][] centres = bins.cut(LARGEST - 1);
    for (int round = 0; round < REFINEMENTS; round++) bins.refine(centres);
    int[] colours = new int[centres.length];
    for (int i = 0; i < colours.length; i++) {
      colours[i] = Math.round(centres[i][0]) << 16 | Math.round(centres[i][1]) << 8 | Math.round(centres[i][2]);
    }
    return new Palette(colours, false);
  }

  static int colourAt(byte[] rgb, int i) { return (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff; }

  int size() { return colours.length; }

  /// Entry `i` as 0xRRGGBB.
  int colour(int i) { return colours[i]; }

  /// True if every colour of the clip is here.
  boolean exact() { return exact; }

  /// The entry nearest to a colour.
  int nearest(int colour) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < colours.length && least > 0; i++) {
      int distance = distance(colour, colours[i]);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  /// For each entry the `count` others nearest to it.
  int[][] neighbours(int count) {
    int[][] nearest = new int[colours.length][];
    for (int i = 0; i < nearest.length; i++) {
      int from = colours[i];
      nearest[i] = IntStream.range(0, colours.length).filter(k -> colours[k] != from).boxed()
          .sorted(Comparator.comparingInt(k -> distance(from, colours[k]))).limit(count).mapToInt(k -> k).toArray();
    }
    return nearest;
  }

  /// The square of the distance between two colours.
  static int distance(int a, int b) {
    int red = (a >> 16) - (b >> 16);
    int green = (a >> 8 & 0xff) - (b >> 8 & 0xff);
    int blue = (a & 0xff) - (b & 0xff);
    return red * red + green * green + blue * blue;
  }
}
