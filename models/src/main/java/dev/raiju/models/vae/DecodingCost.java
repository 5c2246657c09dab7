package dev.raiju.models.vae;

/// What decoding with a [WanVaeDecoder] takes.
record DecodingCost(WanVaeConfig config) implements TileCost {
  /// How many of the levels see whole frames.
  static final int COARSE = 1;

  @Override
  public String work() { return "decoding"; }

  /// The coarse part runs again for every tile.
  @Override
  public double again() { return 1.0 / 16; }

  @Override
  public int spaceFactor() { return config.spaceFactor(); }

  @Override
  public int rim() {
    int pixels = 1;
    for (int level = config.levels() - 1 - COARSE; level >= 0; level--) {
      int size = 1 << level;
      // two convolutions a unit, and the one behind the doubling
      pixels += 2 * (config.units() + 1) * size + (level > 0 ? size / 2 : 0);
    }
    return Math.ceilDiv(pixels, config.spaceFactor());
  }

  @Override
  public long bytes(long frame, long all, long tile) {
    int coarsest = config.levels() - 1;
    long remembered = 2L * config.latentChannels() * frame + 8L * config.width(coarsest) * frame;
    long working = 0;
    int frames = 1;
    int in = config.width(coarsest);
    for (int level = coarsest; level >= 0; level--) {
      boolean coarse = level > coarsest - COARSE;
      int width = config.width(level);
      long positions = (coarse ? frame : tile) << (2 * (coarsest - level));
      remembered += 2 * positions * (in + (2L * config.units() + 1) * width);
      // a unit: its input, what goes into a convolution, that behind what is remembered, what is remembered anew, the result
      working = Math.max(working, (4L * frames + 4) * width * positions);
      if (level == 0) {
        // the pixels: frame by frame, joined, brought to 0 to 1
        long pixels = (long) WanVaeConfig.PIXEL_CHANNELS * config.timeFactor() * positions;
        remembered += 2 * positions * width + pixels;
        working = Math.max(working, 2 * pixels);
        break;
      }
      boolean doubles = config.time().get(level - 1);
      if (doubles) {
        remembered += 2 * positions * width;
        frames *= 2;
      }
      // the step to the next level: its input once or twice, that at four times the size, and half as many channels of it
      working = Math.max(working, 8L * frames * width * positions);
      // what the levels behind begin with; they run frame by frame once no more frames are made
      long begun = 2L * frames * width * positions;
      if (coarse || doubles && level > 1 && !config.time().subList(0, level - 1).contains(true)) remembered += begun;
      if (!config.time().subList(0, level - 1).contains(true)) frames = 1;
      in = width / 2;
    }
    return TileCost.bytes(config, remembered + working);
  }
}
