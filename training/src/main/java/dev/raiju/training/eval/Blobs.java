package dev.raiju.training.eval;

import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Frames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Finds the objects of a frame: pixels that differ from the background, of one hue, near each other, and some of them clear.
final class Blobs {
  /// By how much the strongest channel of a pixel differs from the background to belong to an object. The palette's colours
  /// differ by 220 to 250; a decoder's noise is below 10.
  private static final int FAINT = 50;
  /// An object has so many pixels that differ by [#CLEAR] and have no other hue beside them: edges whose hue is misread are
  /// fainter, or lie along the object that they belong to.
  private static final int CLEAR_PIXELS = 4;
  private static final int CLEAR = 90;
  /// Pixels of one hue belong together across a gap of so many: strokes of handwriting may part.
  private static final int NEAR = 5;
  /// An object's soft edge goes so far beyond the pixels that differ.
  private static final int EDGE = 2;
  /// Fewer pixels are noise.
  private static final int SMALLEST = 8;
  /// The part of an object's pixels, the brightest, that has no share of background.
  private static final double INSIDE = 0.3;
  private static final byte NONE = -1;

  private final Frames frames;
  private final int frame;
  private final Background background;
  private final int height;
  private final int width;
  /// For every pixel that differs its place in the palette.
  private final byte[] hues;
  /// How much the strongest channel of a pixel differs.
  private final int[] strengths;
  /// For every pixel that differs its object.
  private final int[] cores;

  private Blobs(Frames frames, int frame, Background background) {
    this.frames = frames;
    this.frame = frame;
    this.background = background;
    this.height = frames.height();
    this.width = frames.width();
    this.hues = new byte[height * width];
    this.strengths = new int[height * width];
    this.cores = new int[height * width];
  }

  /// The objects of a frame, in no particular order.
  static List<Blob> find(Frames frames, int frame, Background background) { return new Blobs(frames, frame, background).find(); }

  private List<Blob> find() {
    findHues();
    Arrays.fill(cores, NONE);
    List<int[]> objects = new ArrayList<>();
    for (int i = 0; i < hues.length; i++) {
      if (hues[i] == NONE || cores[i] != NONE) continue;
      int[] core = flood(i, objects.size());
      if (core.length >= SMALLEST && Arrays.stream(core).filter(this::clear).count() >= CLEAR_PIXELS) {
        objects.add(core);
      } else {
        for (int pixel : core) {
          hues[pixel] = NONE;
          cores[pixel] = NONE;
        }
      }
    }
    int[] regions = cores.clone();
    for (int ring = 0; ring < EDGE; ring++) grow(regions);
    List<Blob> blobs = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) blobs.add(blob(objects.get(i), regions, i));
    return blobs;
  }

  /// A pixel less the background.
  private double[] pixel(int pixel) {
    int at = frames.offset(frame, 0, pixel);
    byte[] rgb = frames.rgb();
    return background.difference(rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff);
  }

  /// The colour of the palette whose difference from the background points the same way.
  private void findHues() {
    Colour[] palette = Colour.values();
    double[][] directions = new double[palette.length][];
    for (int c = 0; c < palette.length; c++) {
      directions[c] = background.difference(palette[c].red(), palette[c].green(), palette[c].blue());
      double length = Math.sqrt(dot(directions[c], directions[c]));
      for (int k = 0; k < 3; k++) directions[c][k] /= length;
    }
    Arrays.fill(hues, NONE);
    byte[] rgb = frames.rgb();
    for (int i = 0, at = frames.offset(frame, 0, 0); i < hues.length; i++, at += 3) {
      strengths[i] = background.strongest(rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff);
      if (strengths[i] < FAINT) continue;
      double[] pixel = pixel(i);
      double best = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < palette.length; c++) {
        double along = dot(directions[c], pixel);
        if (along > best) {
          best = along;
          hues[i] = (byte) c;
        }
      }
    }
  }

  /// Marks the pixels of one hue that are near each other, from one of them on, and gives them.
  private int[] flood(int from, int mark) {
    int[] core = new int[hues.length];
    int count = 0;
    core[count++] = from;
    cores[from] = mark;
    for (int done = 0; done < count; done++) {
      int y = core[done] / width;
      int x = core[done] % width;
      for (int ny = Math.max(y - NEAR, 0); ny <= Math.min(y + NEAR, height - 1); ny++) {
        for (int nx = Math.max(x - NEAR, 0); nx <= Math.min(x + NEAR, width - 1); nx++) {
          int pixel = ny * width + nx;
          if (hues[pixel] != hues[from] || cores[pixel] != NONE) continue;
          cores[pixel] = mark;
          core[count++] = pixel;
        }
      }
    }
    return Arrays.copyOf(core, count);
  }

  private boolean clear(int pixel) {
    if (strengths[pixel] < CLEAR) return false;
    int x = pixel % width;
    int y = pixel / width;
    for (int ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
      for (int nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
        byte beside = hues[ny * width + nx];
        if (beside != NONE && beside != hues[pixel]) return false;
      }
    }
    return true;
  }

  /// Every object takes the free pixels beside it, so that pixels between two go to the nearer.
  private void grow(int[] regions) {
    int[] before = regions.clone();
    for (int i = 0; i < before.length; i++) {
      if (before[i] != NONE) continue;
      int x = i % width;
      if (x > 0 && before[i - 1] != NONE) regions[i] = before[i - 1];
      else if (x + 1 < width && before[i + 1] != NONE) regions[i] = before[i + 1];
      else if (i >= width && before[i - width] != NONE) regions[i] = before[i - width];
      else if (i + width < before.length && before[i + width] != NONE) regions[i] = before[i + width];
    }
  }

  private Blob blob(int[] core, int[] regions, int mark) {
    int left = width;
    int right = 0;
    int top = height;
    int bottom = 0;
    for (int pixel : core) {
      left = Math.min(left, pixel % width);
      right = Math.max(right, pixel % width);
      top = Math.min(top, pixel / width);
      bottom = Math.max(bottom, pixel / width);
    }
    left = Math.max(left - EDGE, 0);
    right = Math.min(right + EDGE, width - 1);
    top = Math.max(top - EDGE, 0);
    bottom = Math.min(bottom + EDGE, height - 1);
    double[] tone = tone(core);
    double squared = dot(tone, tone);
    double[] cover = new double[(bottom - top + 1) * (right - left + 1)];
    double sum = 0;
    double sumX = 0;
    double sumY = 0;
    int i = 0;
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++, i++) {
        if (regions[y * width + x] != mark) continue;
        cover[i] = dot(tone, pixel(y * width + x)) / squared;
        sum += cover[i];
        sumX += cover[i] * (x + 0.5);
        sumY += cover[i] * (y + 0.5);
      }
    }
    Colour hue = Colour.values()[hues[core[0]]];
    return new Blob(hue, tone, left, top, right - left + 1, cover, sum * Math.sqrt(squared), sumX / sum, sumY / sum);
  }

  /// The mean colour of the inside.
  private double[] tone(int[] core) {
    // brightness above, pixel below: sorted without boxes
    long[] byBrightness = Arrays.stream(core).mapToLong(i -> Math.round(dot(pixel(i), pixel(i))) << 32 | i).sorted().toArray();
    int from = (int) ((1 - INSIDE) * core.length);
    double[] tone = new double[3];
    for (int k = from; k < core.length; k++) {
      double[] pixel = pixel((int) byBrightness[k]);
      for (int c = 0; c < 3; c++) tone[c] += pixel[c] / (core.length - from);
    }
    return tone;
  }

  static double dot(double[] a, double[] b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
}
