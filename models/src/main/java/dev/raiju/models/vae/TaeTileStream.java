package dev.raiju.models.vae;

import dev.raiju.models.vae.FrameTiles.Tile;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/// Decodes a clip a latent frame at a time, and each of the frames that the last level is given tile by tile. That level is by far the
/// largest; the others see whole frames.
final class TaeTileStream implements AutoCloseable {
  private final TaeDecoder decoder;
  private final FrameTiles plan;
  private final FrameSink sink;
  private final History.Stream whole = new History.Stream();
  private final List<History.Stream> tiles;
  private final int coarseLevels;
  private final int total;
  private int done;
  /// The number of the next frame; what the decoder makes of having no past comes before frame 0.
  private int next;

  /// @param latentFrames of the clip
  TaeTileStream(TaeDecoder decoder, FrameTiles plan, int latentFrames, FrameSink sink) {
    this.decoder = decoder;
    this.plan = plan;
    this.sink = sink;
    this.tiles = Stream.generate(History.Stream::new).limit(plan.tiles().size()).toList();
    this.coarseLevels = Math.max(0, decoder.levels().size() - 1);
    this.next = 1 - decoder.timeFactor();
    int made = framesAtOnce();
    int pieces = decoder.timeFactor() / made * latentFrames + next / made;
    this.total = pieces * plan.tiles().size();
  }

  /// How many frames the last level makes of one.
  private int framesAtOnce() { return decoder.levels().isEmpty() ? 1 : decoder.levels().getLast().time(); }

  /// @param latent `[1, C, 1, h, w]`
  void next(Tensor latent) {
    try (Scope scope = Scope.open()) {
      Tensor coarse = decoder.coarse(latent, coarseLevels, whole);
      for (long t = 0; t < coarse.size(1); t++) frame(coarse.slice(1, t, 1), latent.size(3), latent.size(4));
    }
  }

  private void frame(Tensor coarse, long h, long w) {
    int scale = Math.toIntExact(coarse.size(3) / h);
    int made = framesAtOnce();
    for (int i = 0; i < tiles.size(); i++) {
      Tile tile = plan.tiles().get(i);
      Tile grown = tile.grown(plan.rim(), Math.toIntExact(h), Math.toIntExact(w));
      try (Scope scope = Scope.open()) {
        // a copy: what a block remembers of a view would keep the whole frame
        Tensor part = inside(coarse, grown, 0, 0, scale).copy();
        Tensor frames = fine(part, tiles.get(i));
        int space = decoder.spaceFactor();
        if (next + made <= 0) continue;
        Tensor shown = TaeDecoder.shown(inside(frames, tile, grown.top(), grown.left(), space), Math.max(0, -next)).select(0, 0);
        sink.take(new FrameSink.Piece(shown, Math.max(0, next), tile.top() * space, tile.left() * space, ++done, total));
      }
    }
    next += made;
  }

  private Tensor fine(Tensor part, History history) {
    if (decoder.levels().isEmpty()) return decoder.pixels(part);
    return Steps.consume(Steps.step(() -> decoder.levels().getLast().forward(part, history)), decoder::pixels);
  }

  /// The part of `x` that a tile covers.
  ///
  /// @param top the first row of `x`, in positions of the latent
  /// @param left the first column
  private static Tensor inside(Tensor x, Tile tile, int top, int left, long scale) {
    return x.slice(3, (tile.top() - top) * scale, tile.height() * scale).slice(4, (tile.left() - left) * scale, tile.width()
        * scale);
  }

  @Override
  public void close() {
    whole.close();
    tiles.forEach(History.Stream::close);
  }
}
