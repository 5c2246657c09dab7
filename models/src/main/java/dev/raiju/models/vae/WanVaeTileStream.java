package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;

/// One tile of a clip, a latent frame at a time.
final class WanVaeTileStream implements AutoCloseable {
  /// From -1 and 1 to 0 and 1, held there.
  private static final Expr UNIT = Expr.in(0).add(1).mul(0.5).max(Expr.of(0)).min(Expr.of(1));

  private final WanVaeDecoder decoder;
  private final FrameTiles.Tile tile;
  private final int rim;
  private final Past.Stream past = new Past.Stream();

  WanVaeTileStream(WanVaeDecoder decoder, FrameTiles.Tile tile, int rim) {
    this.decoder = decoder;
    this.tile = tile;
    this.rim = rim;
  }

  /// The tile of the next frames.
  ///
  /// @param latent `[1, C, 1, h, w]`, whole
  /// @return `[T, 3, H, W]`, from 0 to 1
  Tensor next(Tensor latent) {
    FrameTiles.Tile grown = tile.grown(rim, Math.toIntExact(latent.size(3)), Math.toIntExact(latent.size(4)));
    try (Scope scope = Scope.open()) {
      Tensor whole = decoder.coarse(latent, DecodingCost.COARSE, past);
      int scale = Math.toIntExact(whole.size(3) / latent.size(3));
      Tensor part = whole.slice(3, (long) grown.top() * scale, (long) grown.height() * scale).slice(4, (long) grown.left()
          * scale, (long) grown.width() * scale);
      Tensor pixels = WanVaeStream.fine(decoder, DecodingCost.COARSE, part, past);
      int space = decoder.spaceFactor();
      Tensor inside = pixels.slice(3, (long) (tile.top() - grown.top()) * space, (long) tile.height() * space).slice(4,
          (long) (tile.left() - grown.left()) * space, (long) tile.width() * space);
      return scope.keep(Elementwise.elementwise("to_unit", UNIT, inside).select(0, 0).transpose(0, 1));
    }
  }

  @Override
  public void close() { past.close(); }
}
