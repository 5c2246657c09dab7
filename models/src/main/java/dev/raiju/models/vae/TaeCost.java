package dev.raiju.models.vae;

import java.util.List;

/// What decoding with a [TaeDecoder] takes.
record TaeCost(TaeDecoder decoder) implements TileCost {
  @Override
  public String model() { return "tae"; }

  @Override
  public String work() { return "decoding"; }

  @Override
  public int spaceFactor() { return decoder.spaceFactor(); }

  @Override
  public double again() { return 0; }

  /// Of the last level, which alone sees tiles: three convolutions a block before it doubles the frame, and two behind that.
  @Override
  public int rim() {
    List<TaeDecoder.Up> levels = decoder.levels();
    int reach = levels.isEmpty() ? 1 : 2 * 3 * levels.getLast().blocks().size() + 2;
    return Math.ceilDiv(reach, 1 << levels.size());
  }

  /// Every tile remembers frames, since all of them go through a frame before the next frame comes.
  @Override
  public long bytes(long frame, long all, long tile) {
    List<TaeDecoder.Up> levels = decoder.levels();
    int last = levels.size() - 1;
    long channels = decoder.in().weight().size(0);
    // the latent restored, clamped, and behind the first convolution
    long working = (2L * decoder.latentChannels() + 2 * channels) * frame;
    long remembered = 0;
    long packed = 9 * channels * decoder.latentChannels();
    long frames = 1;
    for (int level = 0; level <= last; level++) {
      TaeDecoder.Up up = levels.get(level);
      boolean tiled = level == last;
      long width = up.grow().weight().size(1);
      long next = up.blend().weight().size(0);
      long scale = 1L << (2 * level);
      // the last level is given one frame at a time
      long unit = (tiled ? tile : frames * frame) * scale * width;
      remembered += up.blocks().size() * (tiled ? all * width : frames * frame * width) * scale;
      if (tiled) remembered += frames * frame * scale * width;
      working = Math.max(working, unit + working(up, unit, next));
      if (tiled) working = Math.max(working, 4 * unit / width * up.time() * (2 * next + 2 * decoder.out().weight().size(0)));
      packed = Math.max(packed, Math.max(18 * width * width, 9 * width * next));
      frames *= up.time();
    }
    if (levels.isEmpty()) working += (2 * channels + 2 * decoder.out().weight().size(0)) * tile;
    return TileCost.bytes(remembered + working + packed);
  }

  /// A block: its input, that with the frame before, and what the first two convolutions give. Then the frame doubled, its channels
  /// made those of several frames, and these mixed.
  private static long working(TaeDecoder.Up up, long unit, long next) {
    long width = up.grow().weight().size(1);
    long large = 4 * unit;
    long grown = large * up.time();
    long block = up.blocks().isEmpty() ? 0 : 6 * unit;
    return Math.max(Math.max(block, unit + large), Math.max(large + grown, grown + grown / width * next));
  }
}
