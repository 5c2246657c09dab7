package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Encodes a clip a few frames at a time.
///
/// ```java
/// try (WanVaeEncoding stream = encoder.stream()) {
///   latents.add(stream.next(frames.slice(2, 0, 1)));
///   for (int t = 1; t < frames.size(2); t += 4) latents.add(stream.next(frames.slice(2, t, 4)));
/// }
/// ```
public final class WanVaeEncoding implements AutoCloseable {
  private final WanVaeEncoder encoder;
  private final long bytes;
  /// Made for the size of the first frames.
  private @Nullable FrameTiles plan;
  private final Past.Stream past = new Past.Stream();
  /// What each tile knows of the frames before.
  private final List<Past.Stream> tilePasts = new ArrayList<>();
  private boolean begun;

  WanVaeEncoding(WanVaeEncoder encoder, long bytes) {
    this.encoder = encoder;
    this.bytes = bytes;
  }

  /// In given tiles.
  WanVaeEncoding(WanVaeEncoder encoder, FrameTiles plan) {
    this(encoder, plan.bytes());
    this.plan = plan;
  }

  /// The latents of the next frames: one for the first of the clip, then one for as many as the time factor.
  ///
  /// @param frames `[B, 3, T, H, W]` from -1 to 1; T a multiple of the time factor, plus one at the beginning of the clip
  /// @return `[B, C, t, h, w]`
  /// @throws IllegalArgumentException if even the smallest tiles take more than is allowed
  public Tensor next(Tensor frames) {
    encoder.check(frames.shape());
    encoder.requireWhole(frames.size(2), begun ? 0 : 1);
    int space = encoder.config().spaceFactor();
    int h = Math.toIntExact(frames.size(3) / space);
    int w = Math.toIntExact(frames.size(4) / space);
    FrameTiles plan = this.plan == null ? FrameTiles.plan(new EncodingCost(encoder.config()), h, w, bytes) : this.plan;
    this.plan = plan;
    while (tilePasts.size() < plan.tiles().size()) tilePasts.add(new Past.Stream());
    try (Scope scope = Scope.open()) {
      List<Tensor> rows = new ArrayList<>();
      List<Tensor> row = new ArrayList<>();
      for (int i = 0; i < plan.tiles().size(); i++) {
        FrameTiles.Tile tile = plan.tiles().get(i);
        row.add(features(frames, tile, tile.grown(plan.rim(), h, w), tilePasts.get(i)));
        if (tile.left() + tile.width() < w) continue;
        rows.add(Tensor.concat(4, row.toArray(Tensor[]::new)));
        row.clear();
      }
      Tensor mean = encoder.coarse(Tensor.concat(3, rows.toArray(Tensor[]::new)), past);
      begun = true;
      return scope.keep(encoder.config().latents().normalize(mean));
    }
  }

  /// What the finer levels make of a tile.
  private Tensor features(Tensor frames, FrameTiles.Tile tile, FrameTiles.Tile grown, Past known) {
    long space = encoder.config().spaceFactor();
    try (Scope scope = Scope.open()) {
      Tensor part = frames.slice(3, grown.top() * space, grown.height() * space).slice(4, grown.left() * space, grown.width()
          * space);
      Tensor whole = encoder.fine(part, known);
      Tensor inside = whole.slice(3, tile.top() - grown.top(), tile.height()).slice(4, tile.left() - grown.left(), tile.width());
      // a view would keep the rim
      return scope.keep(inside.copy());
    }
  }

  @Override
  public void close() {
    past.close();
    tilePasts.forEach(Past.Stream::close);
  }
}
