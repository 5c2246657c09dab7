package dev.raiju.models.vae;

/// What it takes to run half of an autoencoder in tiles.
interface TileCost {
  // blocks of memory come in four sizes for each power of two
  double ROUNDED_UP = 1.125;

  // what kernels keep aside while they run
  long SCRATCH = 2 << 20;

  /// What does it, for messages.
  default String model() { return "wan vae"; }

  /// What it is, for messages.
  String work();

  /// How many pixels, in height and in width, make a latent position.
  int spaceFactor();

  /// How far the levels that see tiles reach, in positions of the latent.
  int rim();

  /// What part of the work on a frame is done once more for every tile.
  double again();

  /// What it takes beside weights and result.
  ///
  /// @param frame positions of the latent
  /// @param all positions of all tiles with their rims
  /// @param tile positions of the largest of them
  long bytes(long frame, long all, long tile);

  /// The bytes for a number of values at one time in a [WanVae].
  static long bytes(WanVaeConfig config, long values) {
    long width = config.width(config.levels() - 1);
    // the largest convolution's weights as kernels pack them
    return bytes(values + 27 * width * width);
  }

  /// The bytes for a number of values at one time, and what else is there.
  static long bytes(long values) { return (long) (ROUNDED_UP * 4 * values) + SCRATCH; }
}
