package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;

/// The colour behind everything, one for a clip.
record Background(int red, int green, int blue) {
  /// The median of each channel: objects cover less than half of a clip.
  static Background of(Frames frames) { return new Background(median(frames, 0), median(frames, 1), median(frames, 2)); }

  private static int median(Frames frames, int channel) {
    int[] count = new int[256];
    for (int i = channel; i < frames.rgb().length; i += 3) count[frames.rgb()[i] & 0xff]++;
    int level = 0;
    for (int below = count[0]; 2L * below < frames.rgb().length / 3; below += count[level]) level++;
    return level;
  }

  /// A colour less the background, red green blue.
  double[] difference(int red, int green, int blue) {
    return new double[] {red - this.red, green - this.green, blue - this.blue};
  }

  /// By how much the strongest channel of a colour differs.
  int strongest(int red, int green, int blue) {
    return Math.max(Math.abs(red - this.red), Math.max(Math.abs(green - this.green), Math.abs(blue - this.blue)));
  }
}
