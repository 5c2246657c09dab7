package dev.raiju.models.pipeline;

/// Whether a frame is one flat colour, give or take faint noise.
///
/// Each channel is compared with its own median. Flat means: the noise about the median is faint; the means of blocks of 8 x 8
/// do not differ beyond what that noise explains; and hardly any single pixel stands out, which is what tells a night sky with
/// stars from a black frame.
///
/// @param median the largest median of the three channels
record FlatFrame(boolean isFlat, int median) {
  private static final int BLOCK = 8;

  /// Standard deviation, in levels, up to which noise is faint.
  private static final double FAINT = 8;

  /// Levels by which the mean of a block may be off.
  private static final double BLOCK_OFF = 6;

  /// Levels by which a pixel stands out, if the noise is less than a sixth of it.
  private static final double OUTLIER = 24;
  private static final double OUTLIERS_ALLOWED = 1e-4;

  static FlatFrame of(byte[] rgb, int width, int height) {
    int brightest = 0;
    boolean flat = true;
    for (int c = 0; c < 3; c++) {
      int median = median(rgb, c, 0);
      // 1.4826 turns the median deviation of normal noise into its standard deviation
      double noise = 1.4826 * median(rgb, c, median);
      brightest = Math.max(brightest, median);
      flat = flat && noise <= FAINT && outliers(rgb, c, median, Math.max(OUTLIER, 6 * noise)) <= OUTLIERS_ALLOWED
          && blocksLieFlat(rgb, width, height, c, median, BLOCK_OFF + 5 * noise / BLOCK);
    }
    return new FlatFrame(flat, brightest);
  }

  /// The median of a channel's distances from `centre`.
  private static int median(byte[] rgb, int channel, int centre) {
    int[] histogram = new int[256];
    for (int i = channel; i < rgb.length; i += 3) histogram[Math.abs((rgb[i] & 0xff) - centre)]++;
    int level = 0;
    for (int below = histogram[0]; 2 * below < rgb.length / 3; below += histogram[level]) level++;
    return level;
  }

  private static double outliers(byte[] rgb, int channel, int median, double distance) {
    int count = 0;
    for (int i = channel; i < rgb.length; i += 3) {
      if (Math.abs((rgb[i] & 0xff) - median) > distance) count++;
    }
    return count / (rgb.length / 3.0);
  }

  private static boolean blocksLieFlat(byte[] rgb, int width, int height, int channel, int median, double off) {
    for (int y = 0; y + BLOCK <= height; y += BLOCK) {
      for (int x = 0; x + BLOCK <= width; x += BLOCK) {
        int sum = 0;
        for (int i = 0; i < BLOCK * BLOCK; i++) {
          sum += rgb[3 * ((y + i / BLOCK) * width + x + i % BLOCK) + channel] & 0xff;
        }
        if (Math.abs(sum / (double) (BLOCK * BLOCK) - median) > off) return false;
      }
    }
    return true;
  }
}
