package dev.raiju.models.vae;

import java.util.ArrayList;
import java.util.List;

/// How a [WanVaeDecoder] cuts frames so that decoding keeps to a number of bytes.
///
/// The middle and the coarsest level see whole frames: attention reaches everywhere, and they take little. The levels behind them
/// see a tile with a rim as wide as their convolutions reach, which is thrown away: tiles join without a seam and are what the
/// whole frame would be, to the bit. So nothing is blended.
///
/// @param tiles cover the frame
/// @param rim positions of the latent around a tile
/// @param bytes the most that decoding takes
record WanVaeTiles(List<Tile> tiles, int rim, long bytes) {
  /// How many of the levels see whole frames.
  static final int COARSE = 1;

  // cuts across and down; beyond, tiles are mostly rim
  private static final int MOST = 16;
  // what the coarse part costs of the whole; it runs again for every tile
  private static final double COARSE_SHARE = 1.0 / 16;
  // blocks of memory come in four sizes for each power of two
  private static final double ROUNDED_UP = 1.125;

  // what kernels keep aside while they run
  private static final long SCRATCH = 2 << 20;

  /// A rectangle of the latent.
  record Tile(int top, int left, int height, int width) {
    /// With a rim, where the frame goes on.
    Tile grown(int rim, int h, int w) {
      int above = Math.max(0, top - rim);
      int before = Math.max(0, left - rim);
      return new Tile(above, before, Math.min(h, top + height + rim) - above, Math.min(w, left + width + rim) - before);
    }

    long positions() { return (long) height * width; }
  }

  /// The fastest way to decode latents of `h` x `w` within `bytes`.
  ///
  /// @throws IllegalArgumentException if there is none
  static WanVaeTiles plan(WanVaeConfig config, int h, int w, long bytes) {
    WanVaeTiles best = null;
    double least = Double.POSITIVE_INFINITY;
    long smallest = Long.MAX_VALUE;
    for (int rows = 1; rows <= Math.min(h, MOST); rows++) {
      for (int columns = 1; columns <= Math.min(w, MOST); columns++) {
        WanVaeTiles plan = cut(config, h, w, rows, columns);
        double work = plan.tiles.stream().mapToLong(t -> t.grown(plan.rim, h, w).positions()).sum() + plan.tiles.size()
            * COARSE_SHARE * h * w;
        smallest = Math.min(smallest, plan.bytes);
        if (plan.bytes > bytes || work >= least) continue;
        best = plan;
        least = work;
      }
    }
    if (best != null) return best;
    int space = config.spaceFactor();
    throw new IllegalArgumentException("wan vae: decoding " + w * space + " x " + h * space + " takes " + mebibytes(smallest)
        + " MiB in the smallest tiles: " + mebibytes(bytes) + " MiB are allowed; allow more, or make the clip smaller");
  }

  private static long mebibytes(long bytes) { return Math.ceilDiv(bytes, 1L << 20); }

  static WanVaeTiles cut(WanVaeConfig config, int h, int w, int rows, int columns) {
    int rim = rim(config);
    List<Tile> tiles = new ArrayList<>();
    long most = 0;
    for (int row = 0; row < rows; row++) {
      int top = h * row / rows;
      for (int column = 0; column < columns; column++) {
        int left = w * column / columns;
        Tile tile = new Tile(top, left, h * (row + 1) / rows - top, w * (column + 1) / columns - left);
        tiles.add(tile);
        most = Math.max(most, tile.grown(rim, h, w).positions());
      }
    }
    return new WanVaeTiles(List.copyOf(tiles), rim, bytes(config, (long) h * w, most));
  }

  /// How far the levels behind the coarse ones reach, in positions of the latent.
  static int rim(WanVaeConfig config) {
    int pixels = 1;
    for (int level = config.levels() - 1 - COARSE; level >= 0; level--) {
      int size = 1 << level;
      // two convolutions a unit, and the one behind the doubling
      pixels += 2 * (config.units() + 1) * size + (level > 0 ? size / 2 : 0);
    }
    return Math.ceilDiv(pixels, config.spaceFactor());
  }

  /// What decoding takes beside weights and result: in tiles of `tile` positions with their rims, of frames of `frame`.
  static long bytes(WanVaeConfig config, long frame, long tile) {
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
    // the largest convolution's weights as kernels pack them
    long packed = 27L * config.width(coarsest) * config.width(coarsest);
    return (long) (ROUNDED_UP * 4 * (remembered + working + packed)) + SCRATCH;
  }
}
