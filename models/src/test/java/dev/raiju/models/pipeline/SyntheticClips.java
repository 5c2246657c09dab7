package dev.raiju.models.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Clips made by formula, of the kinds that a healthy model gives.
public final class SyntheticClips {
  public static final int KINDS = 16;
  private static final int[][] COLOURS = {{230, 40, 30}, {40, 200, 60}, {50, 90, 240}, {240, 220, 40}, {220, 60, 220}, {240, 240,
    240}};

  private SyntheticClips() {}

  /// The colour of a place and time, in levels; may go beyond 0 to 255.
  @FunctionalInterface
  interface Painter {
    void paint(double x, double y, int t, double[] rgb);
  }

  /// Shapes that move over a near-black ground, with soft edges.
  public static Clip shapes(long seed, int width, int height, int frames) {
    Random random = new Random(seed);
    return paint(shapesOver(random, width, height, frames, new double[] {8, 8, 12}, 1), width, height, frames);
  }

  /// The same with the faint noise of a decoder.
  public static Clip decodedShapes(long seed, int width, int height, int frames) {
    Random random = new Random(seed);
    return paint(noisy(shapesOver(random, width, height, frames, new double[] {8, 8, 12}, 1), random, 0.8), width, height,
        frames);
  }

  /// Smooth colours that flow.
  public static Clip plasma(long seed, int width, int height, int frames) {
    return paint(plasma(new Random(seed), width), width, height, frames);
  }

  /// A normal clip of the kind `seed % KINDS`.
  static Clip normal(long seed, int width, int height, int frames) {
    Random random = new Random(seed);
    double[] black = {0, 0, 0};
    Painter shapes = shapesOver(random, width, height, frames, new double[] {8, 8, 12}, 1);
    Painter plasma = plasma(random, width);
    double phase = random.nextDouble() * 6;
    int period = 6 + random.nextInt(20);
    Painter painter = switch ((int) (seed % KINDS)) {
      case 0 -> shapes;
      case 1 -> noisy(shapes, random, 1.5);
      case 2 -> shapesOver(random, width, height, frames, black, 1);
      case 3 -> noisy(shapesOver(random, width, height, frames, black, 1), random, 1);
      case 4 -> shapesOver(random, width, height, frames, new double[] {128, 128, 128}, 1);
      case 5 -> shapesOver(random, width, height, frames, new double[] {8, 8, 12}, 0.25);
      case 6 -> plasma;
      case 7 -> noisy(plasma, random, 10);
      case 8 -> fading(plasma, frames);
      case 9 -> fading(shapes, frames);
      case 10 -> (x, y, t, rgb) -> all(rgb, Math.sin((x + y + 2 * t) * 6.283 / period + phase) > 0 ? 220 : 30);
      case 11 -> (x, y, t, rgb) -> all(rgb, Math.floorMod((int) ((x + t) / period) + (int) (y / period), 2) * 255);
      case 12 -> (x, y, t, rgb) -> all(rgb, 40 * texture(x + 2 * t, y, phase) + 110);
      case 13 -> letterbox(plasma, height);
      case 14 -> stars(random, width, height);
      default -> (x, y, t, rgb) -> {
        shapes.paint(x, y, t, rgb);
        // a black square that moves over a lit wall
        boolean inside = Math.abs(x - width / 3.0 - t) < 9 && Math.abs(y - height / 2.0) < 9;
        for (int c = 0; c < 3; c++) rgb[c] = inside ? 0 : rgb[c] + 90;
      };
    };
    return paint(painter, width, height, frames);
  }

  static Clip paint(Painter painter, int width, int height, int frames) {
    List<byte[]> result = new ArrayList<>();
    double[] rgb = new double[3];
    for (int t = 0; t < frames; t++) {
      byte[] frame = new byte[3 * width * height];
      for (int i = 0; i < width * height; i++) {
        painter.paint(i % width, i / width, t, rgb);
        for (int c = 0; c < 3; c++) frame[3 * i + c] = (byte) Math.clamp(Math.round(rgb[c]), 0, 255);
      }
      result.add(frame);
    }
    return Clip.ofRgb(result, width, height, 16);
  }

  static Painter noisy(Painter painter, Random random, double deviation) {
    return (x, y, t, rgb) -> {
      painter.paint(x, y, t, rgb);
      for (int c = 0; c < 3; c++) rgb[c] += deviation * random.nextGaussian();
    };
  }

  static Painter plasma(Random random, int width) {
    double[] phase = random.doubles(6, 0, 6.283).toArray();
    double scale = 6.283 * (1 + random.nextDouble()) / width;
    return (x, y, t, rgb) -> {
      for (int c = 0; c < 3; c++) {
        rgb[c] = 128 + 60 * Math.sin(x * scale + phase[c] + 0.2 * t) + 60 * Math.sin((y + x / 2) * scale + phase[c + 3] - 0.15
            * t);
      }
    };
  }

  private static Painter shapesOver(Random random, int width, int height, int frames, double[] ground, double contrast) {
    int count = 1 + random.nextInt(2);
    double[][] shapes = new double[count][];
    int[][] colours = new int[count][];
    for (int i = 0; i < count; i++) {
      double radius = (random.nextBoolean() ? 9.5 : 6) * width / 64;
      double angle = random.nextDouble() * 6.283;
      double speed = 28.0 / frames * width / 64;
      double from = speed * frames / 2;
      shapes[i] = new double[] {width / 2.0 - from * Math.cos(angle) + random.nextGaussian() * 3,
        height / 2.0 - from * Math.sin(angle), speed * Math.cos(angle), speed * Math.sin(angle), radius, random.nextInt(2)};
      colours[i] = COLOURS[random.nextInt(COLOURS.length)];
    }
    return (x, y, t, rgb) -> {
      System.arraycopy(ground, 0, rgb, 0, 3);
      for (int i = 0; i < count; i++) {
        double[] s = shapes[i];
        double dx = Math.abs(x - s[0] - s[2] * t);
        double dy = Math.abs(y - s[1] - s[3] * t);
        double distance = (s[5] == 0 ? Math.hypot(dx, dy) : Math.max(dx, dy)) - s[4];
        double cover = contrast * Math.clamp(0.5 - distance, 0, 1);
        for (int c = 0; c < 3; c++) rgb[c] += cover * (colours[i][c] - rgb[c]);
      }
    };
  }

  private static Painter fading(Painter painter, int frames) {
    return (x, y, t, rgb) -> {
      painter.paint(x, y, t, rgb);
      for (int c = 0; c < 3; c++) rgb[c] *= 1 - t / (frames - 1.0);
    };
  }

  private static Painter letterbox(Painter painter, int height) {
    return (x, y, t, rgb) -> {
      painter.paint(x, y, t, rgb);
      if (y < height / 8 || y >= height - height / 8) all(rgb, 0);
    };
  }

  private static Painter stars(Random random, int width, int height) {
    int[] places = random.ints(12, 0, width * height).toArray();
    return (x, y, t, rgb) -> {
      all(rgb, 2);
      for (int place : places) {
        if (Math.floorMod(place + t / 4, width) == (int) x && place / width == (int) y) all(rgb, 250);
      }
    };
  }

  /// Waves of many lengths, the shorter the fainter, as in natural pictures.
  private static double texture(double x, double y, double phase) {
    double sum = 0;
    for (int k = 1; k < 9; k++)
      sum += Math.sin(x * 0.07 * k * Math.cos(k + phase) + y * 0.07 * k * Math.sin(k + phase) + k * phase) / k;
    return sum;
  }

  static void all(double[] rgb, double value) {
    for (int c = 0; c < 3; c++) rgb[c] = value;
  }
}
