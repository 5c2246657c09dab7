package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// Decodes a clip a few latent frames at a time.
///
/// ```java
/// try (TaeStream stream = decoder.stream()) {
///   for (int t = 0; t < latent.size(2); t++) show(stream.next(latent.slice(2, t, 1)));
/// }
/// ```
public final class TaeStream implements AutoCloseable {
  private final TaeDecoder decoder;
  private final History.Stream history = new History.Stream();
  private boolean begun;

  TaeStream(TaeDecoder decoder) { this.decoder = decoder; }

  /// The frames that the next latent frames stand for: one for the first of the clip, then as many as the time factor for each.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @return `[B, T, 3, H, W]`, from 0 to 1
  public Tensor next(Tensor latent) {
    try (Scope scope = Scope.open()) {
      Tensor frames = TaeDecoder.shown(decoder.decodeRaw(latent, history), begun ? 0 : decoder.timeFactor() - 1);
      begun = true;
      return scope.keep(frames);
    }
  }

  @Override
  public void close() { history.close(); }
}
