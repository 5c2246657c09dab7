package dev.raiju.models.pipeline;

import java.util.Optional;

/// Finds a tile that a decoder left out: a rectangle that is exactly zero, or mid-gray where zero stands for it, in the midst of
/// something else.
///
/// A tile lies on multiples of 8 pixels, the decoder's stride, is at least 8 pixels and an eighth of the frame wide and high,
/// stays where it is for at least four frames, and its edges are sharp: hardly any pixel just outside has the same value. A
/// black background has no such edges, a black object moves, and letterbox bars come in pairs.
final class ZeroTile {
  private static final int STRIDE = 8;
  private static final int FRAMES = 4;
  private static final double SHARP = 0.95;
  private static final int[] LEVELS = {0, 127, 128};

  private ZeroTile() {}

  /// A rectangle in pixels and the value it is filled with.
  record Tile(int x, int y, int width, int height, int level) {}

  static Optional<Tile> find(Clip clip) {
    int needed = Math.min(FRAMES, clip.frames());
    for (int level : LEVELS) {
      Optional<Tile> last = Optional.empty();
      int run = 0;
      for (int t = 0; t < clip.frames(); t++) {
        Optional<Tile> tile = inFrame(clip.frame(t), clip.width(), clip.height(), level);
        run = tile.isEmpty() ? 0 : tile.equals(last) ? run + 1 : 1;
        if (run >= needed) return tile;
        last = tile;
      }
    }
    return Optional.empty();
  }

  private static Optional<Tile> inFrame(byte[] rgb, int width, int height, int level) {
    boolean[] filled = new boolean[width * height];
    for (int i = 0; i < filled.length; i++) {
      filled[i] = (rgb[3 * i] & 0xff) == level && (rgb[3 * i + 1] & 0xff) == level && (rgb[3 * i + 2] & 0xff) == level;
    }
    Tile tile = largest(filled, width, height, level);
    boolean large = tile.width >= Math.max(STRIDE, width / 8) && tile.height >= Math.max(STRIDE, height / 8);
    boolean whole = tile.width == width && tile.height == height;
    return large && !whole && isAligned(tile, width, height) && hasSharpEdges(tile, filled, width, height)
        && !isLetterbox(tile, filled, width, height) ? Optional.of(tile) : Optional.empty();
  }

  /// The largest rectangle of filled pixels, by the largest rectangle under the heights of filled columns in each row.
  private static Tile largest(boolean[] filled, int width, int height, int level) {
    Tile best = new Tile(0, 0, 0, 0, level);
    int[] heights = new int[width + 1];
    int[] begins = new int[width + 1];
    int[] rising = new int[width + 1];
    for (int y = 0; y < height; y++) {
      int depth = 0;
      for (int x = 0; x <= width; x++) {
        heights[x] = x < width && filled[y * width + x] ? heights[x] + 1 : 0;
        int begin = x;
        while (depth > 0 && rising[depth - 1] >= heights[x]) {
          depth--;
          begin = begins[depth];
          int tall = rising[depth];
          if ((long) tall * (x - begin) > (long) best.width * best.height) {
            best = new Tile(begin, y - tall + 1, x - begin, tall, level);
          }
        }
        begins[depth] = begin;
        rising[depth++] = heights[x];
      }
    }
    return best;
  }

  private static boolean isAligned(Tile tile, int width, int height) {
    return isAligned(tile.x, width) && isAligned(tile.x + tile.width, width) && isAligned(tile.y, height)
        && isAligned(tile.y + tile.height, height);
  }

  private static boolean isAligned(int at, int end) { return at % STRIDE == 0 || at == end; }

  private static boolean hasSharpEdges(Tile tile, boolean[] filled, int width, int height) {
    int right = tile.x + tile.width;
    int below = tile.y + tile.height;
    return isSharp(filled, (tile.y - 1) * width + tile.x, 1, tile.y > 0 ? tile.width : 0)
        && isSharp(filled, below * width + tile.x, 1, below < height ? tile.width : 0)
        && isSharp(filled, tile.y * width + tile.x - 1, width, tile.x > 0 ? tile.height : 0)
        && isSharp(filled, tile.y * width + right, width, right < width ? tile.height : 0);
  }

  /// Whether hardly any of `count` pixels is filled.
  private static boolean isSharp(boolean[] filled, int first, int step, int count) {
    int same = 0;
    for (int i = 0; i < count; i++) {
      if (filled[first + i * step]) same++;
    }
    return same <= (1 - SHARP) * count;
  }

  /// Whether the tile is a bar from border to border with its mirror image on the other side.
  private static boolean isLetterbox(Tile tile, boolean[] filled, int width, int height) {
    if (tile.width != width && tile.height != height) return false;
    for (int y = tile.y; y < tile.y + tile.height; y++) {
      for (int x = tile.x; x < tile.x + tile.width; x++) {
        if (!filled[(height - 1 - y) * width + width - 1 - x]) return false;
      }
    }
    return true;
  }
}
