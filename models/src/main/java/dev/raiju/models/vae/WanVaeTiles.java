package dev.raiju.models.vae;

import java.util.ArrayList;
import java.util.List;

/// How half of a [WanVae] cuts frames so that it keeps to a number of bytes.
///
/// The middle and the coarsest level see whole frames: attention reaches everywhere, and they take little. The finer levels see a
/// tile with a rim as wide as their convolutions reach, which is thrown away: tiles join without a seam and are what the
/// whole frame would be, to the bit. So nothing is blended.
///
/// @param tiles cover the frame
/// @param rim positions of the latent around a tile
/// @param bytes the most that it takes
record WanVaeTiles(List<Tile> tiles, int rim, long bytes) {
  // cuts across and down; beyond, tiles are mostly rim
  private static final int MOST = 16;

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

  /// The fastest way for latents of `h` x `w` within `bytes`.
  ///
  /// @throws IllegalArgumentException if there is none
  static WanVaeTiles plan(TileCost cost, int h, int w, long bytes) {
    WanVaeTiles best = null;
    double least = Double.POSITIVE_INFINITY;
    long smallest = Long.MAX_VALUE;
    for (int rows = 1; rows <= Math.min(h, MOST); rows++) {
      for (int columns = 1; columns <= Math.min(w, MOST); columns++) {
        WanVaeTiles plan = cut(cost, h, w, rows, columns);
        double work = plan.tiles.stream().mapToLong(t -> t.grown(plan.rim, h, w).positions()).sum() + (plan.tiles.size() - 1)
            * cost.again() * h * w;
        smallest = Math.min(smallest, plan.bytes);
        if (plan.bytes > bytes || work >= least) continue;
        best = plan;
        least = work;
      }
    }
    if (best != null) return best;
    int space = cost.config().spaceFactor();
    throw new IllegalArgumentException("wan vae: " + cost.work() + " " + w * space + " x " + h * space + " takes " + mebibytes(
        smallest)
        + " MiB in the smallest tiles: " + mebibytes(bytes) + " MiB are allowed; allow more, or make the clip smaller");
  }

  private static long mebibytes(long bytes) { return Math.ceilDiv(bytes, 1L << 20); }

  static WanVaeTiles cut(TileCost cost, int h, int w, int rows, int columns) {
    int rim = cost.rim();
    List<Tile> tiles = new ArrayList<>();
    long most = 0;
    long all = 0;
    for (int row = 0; row < rows; row++) {
      int top = h * row / rows;
      for (int column = 0; column < columns; column++) {
        int left = w * column / columns;
        Tile tile = new Tile(top, left, h * (row + 1) / rows - top, w * (column + 1) / columns - left);
        tiles.add(tile);
        long grown = tile.grown(rim, h, w).positions();
        most = Math.max(most, grown);
        all += grown;
      }
    }
    return new WanVaeTiles(List.copyOf(tiles), rim, cost.bytes((long) h * w, all, most));
  }
}
