package dev.raiju.models.vae;

/// What encoding with a [WanVaeEncoder] takes.
record EncodingCost(WanVaeConfig config) implements TileCost {
  @Override
  public String work() { return "encoding"; }

  @Override
  public double again() { return 0; }

  @Override
  public int spaceFactor() { return config.spaceFactor(); }

  @Override
  public int rim() {
    int pixels = 1;
    for (int level = 0; level < config.levels() - 1; level++) {
      // two convolutions a unit, and the halving, which looks to the right and below
      pixels += (2 * config.units() + 2) << level;
    }
    return Math.ceilDiv(pixels, config.spaceFactor());
  }

  /// Every tile remembers frames, since all of them go through a piece of the clip before the next piece comes.
  @Override
  public long bytes(long frame, long all, long tile) {
    int coarsest = config.levels() - 1;
    int alone = frameByFrame(config);
    int frames = config.timeFactor();
    int in = config.dim();
    long remembered = 2L * WanVaeConfig.PIXEL_CHANNELS * (all << (2 * coarsest));
    long working = 0;
    for (int level = 0; level <= coarsest; level++) {
      boolean coarse = level == coarsest;
      int width = config.width(level);
      int shift = 2 * (coarsest - level);
      long positions = (coarse ? frame : tile) << shift;
      remembered += 2 * ((coarse ? frame : all) << shift) * (in + (2L * config.units() - 1) * width);
      working = Math.max(working, (4L * (level < alone ? 1 : frames) + 4) * width * positions);
      in = width;
      if (coarse) break;
      // the frames that ran one by one, and all of them joined
      if (level + 1 == alone) working = Math.max(working, 2L * frames * width * positions / 4 + 8L * width * positions);
      if (config.time().get(level)) {
        remembered += width * (all << shift) / 4;
        frames /= 2;
      }
    }
    // middle and end, and the tiles of a frame joined
    remembered += 10L * in * frame + 3L * in * frame;
    return TileCost.bytes(config, remembered + working);
  }

  /// How many of the finest levels run frame by frame, needing memory for one: those before the first that halves time.
  static int frameByFrame(WanVaeConfig config) {
    int first = config.time().indexOf(true);
    return first < 0 ? config.levels() - 1 : first;
  }
}
