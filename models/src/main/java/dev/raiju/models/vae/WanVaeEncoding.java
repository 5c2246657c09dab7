package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

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
  private final Past.Stream past = new Past.Stream();
  private boolean begun;

  WanVaeEncoding(WanVaeEncoder encoder) { this.encoder = encoder; }

  /// The latents of the next frames: one for the first of the clip, then one for as many as the time factor.
  ///
  /// @param frames `[B, 3, T, H, W]` from -1 to 1; T a multiple of the time factor, plus one at the beginning of the clip
  /// @return `[B, C, t, h, w]`
  public Tensor next(Tensor frames) {
    encoder.check(frames.shape());
    encoder.requireWhole(frames.size(2), begun ? 0 : 1);
    try (Scope scope = Scope.open()) {
      Tensor latent = LatentScale.of(encoder.config()).normalized(encoder.mean(frames, past));
      begun = true;
      return scope.keep(latent);
    }
  }

  @Override
  public void close() { past.close(); }
}
