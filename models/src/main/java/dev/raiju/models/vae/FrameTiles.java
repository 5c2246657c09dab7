package dev.raiju.models.vae;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// How half of an autoencoder cuts frames so that it keeps to a number of bytes.
///
/// The coarsest levels see whole frames: attention, where there is any, reaches everywhere, and they take little. The finer ones see
/// a tile with a rim as wide as their convolutions reach, which is thrown away: tiles join without a seam and are what the whole
/// frame would be, to the bit. So nothing is blended.
///
/// @param tiles cover the frame
/// @param rim positions of the latent around a tile
/// @param bytes the most that it takes
record FrameTiles(List<Tile> tiles, int rim, long bytes) {
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
  static FrameTiles plan(TileCost cost, int h, int w, long bytes) {
    Optional<FrameTiles> best = all(cost, h, w).filter(plan -> plan.bytes <= bytes).min(Comparator.comparingDouble(plan -> plan
        .work(cost, h, w)));
    if (best.isPresent()) return best.get();
    int space = cost.spaceFactor();
    throw new IllegalArgumentException(cost.model() + ": " + cost.work() + " " + w * space + " x " + h * space + " takes "
        + mebibytes(least(cost, h, w)) + " MiB in the smallest tiles: " + mebibytes(bytes)
        + " MiB are allowed; allow more, or make the clip smaller");
  }

  /// The fewest bytes that latents of `h` x `w` can be run in.
  static long least(TileCost cost, int h, int w) { return all(cost, h, w).mapToLong(FrameTiles::bytes).min().orElseThrow(); }

  /// All ways to cut, those with few tiles first.
  private static Stream<FrameTiles> all(TileCost cost, int h, int w) {
    return IntStream.rangeClosed(1, Math.min(h, MOST)).boxed().flatMap(rows -> IntStream.rangeClosed(1, Math.min(w, MOST))
        .mapToObj(columns -> cut(cost, h, w, rows, columns)));
  }

  /// Positions that are run, again and again as often as they are.
  private double work(TileCost cost, int h, int w) {
    return tiles.stream().mapToLong(t -> t.grown(rim, h, w).positions()).sum() + (tiles.size() - 1) * cost.again() * h * w;
  }

  private static long mebibytes(long bytes) { return Math.ceilDiv(bytes, 1L << 20); }

  static FrameTiles cut(TileCost cost, int h, int w, int rows, int columns) {
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
    return new FrameTiles(List.copyOf(tiles), rim, cost.bytes((long) h * w, all, most));
  }
}
