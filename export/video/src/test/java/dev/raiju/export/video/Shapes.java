package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Test clips.
final class Shapes {
  private Shapes() {}

  /// A red disc and a blue square that move over a near-black ground, with soft edges.
  static Clip moving(int width, int height, int frames) {
    List<byte[]> result = new ArrayList<>();
    for (int t = 0; t < frames; t++) {
      byte[] frame = new byte[3 * width * height];
      for (int i = 0; i < width * height; i++) {
        double x = 64.0 * (i % width) / width;
        double y = 64.0 * (i / width) / width;
        double disc = Math.clamp(9.5 - Math.hypot(x - 18 - 1.6 * t, y - 32), 0, 1);
        double square = Math.clamp(8 - Math.max(Math.abs(x - 45), Math.abs(y - 14 - 1.1 * t)), 0, 1);
        double[] ground = {8, 8, 12};
        double[] red = {230, 40, 30};
        double[] blue = {40, 90, 240};
        for (int c = 0; c < 3; c++) {
          double value = ground[c] + disc * (red[c] - ground[c]);
          frame[3 * i + c] = (byte) Math.round(value + square * (blue[c] - value));
        }
      }
      result.add(frame);
    }
    return Clip.ofRgb(result, width, height, 16);
  }

  /// Eight bars: white, yellow, cyan, green, magenta, red, blue, black.
  static Clip bars(int width, int height) {
    byte[] frame = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      int bar = 7 - i % width * 8 / width;
      frame[3 * i] = (byte) ((bar >> 1 & 1) * 255);
      frame[3 * i + 1] = (byte) ((bar >> 2 & 1) * 255);
      frame[3 * i + 2] = (byte) ((bar & 1) * 255);
    }
    return Clip.ofRgb(List.of(frame, frame), width, height, 16);
  }

  /// Every channel of every pixel at random black or full: the most that a picture can hold.
  static Clip noise(int width, int height, int frames) {
    Random random = new Random(5);
    List<byte[]> result = new ArrayList<>();
    for (int t = 0; t < frames; t++) {
      byte[] frame = new byte[3 * width * height];
      for (int i = 0; i < frame.length; i++) frame[i] = (byte) (random.nextBoolean() ? 255 : 0);
      result.add(frame);
    }
    return Clip.ofRgb(result, width, height, 16);
  }

  static double psnr(Clip a, Clip b) {
    double squares = 0;
    long count = 0;
    for (int t = 0; t < a.frames(); t++) {
      byte[] x = a.frame(t);
      byte[] y = b.frame(t);
      for (int i = 0; i < x.length; i++, count++) squares += Math.pow((x[i] & 0xff) - (y[i] & 0xff), 2);
    }
    return 10 * Math.log10(255 * 255 / (squares / count + 1e-9));
  }

  /// The largest difference of any channel, in the middle of the bars, between the decoded clip and the bars themselves.
  static int worstBar(Clip bars, Clip decoded) {
    int worst = 0;
    byte[] want = bars.frame(0);
    byte[] got = decoded.frame(0);
    for (int bar = 0; bar < 8; bar++) {
      int at = 3 * (bars.height() / 2 * bars.width() + bars.width() * (2 * bar + 1) / 16);
      for (int c = at; c < at + 3; c++) worst = Math.max(worst, Math.abs((want[c] & 0xff) - (got[c] & 0xff)));
    }
    return worst;
  }
}
