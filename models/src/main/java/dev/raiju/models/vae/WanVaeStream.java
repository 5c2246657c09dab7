package dev.raiju.models.vae;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Decodes a clip a few latent frames at a time.
///
/// ```java
/// try (WanVaeStream stream = decoder.stream()) {
///   for (int t = 0; t < latent.size(2); t++) show(stream.next(latent.slice(2, t, 1)));
/// }
/// ```
public final class WanVaeStream implements AutoCloseable {
  private final WanVaeDecoder decoder;
  private final Past.Stream past = new Past.Stream();

  WanVaeStream(WanVaeDecoder decoder) { this.decoder = decoder; }

  /// The frames that the next latent frames stand for: one for the first of the clip, then as many as the time factor for each.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @return `[B, 3, T, H, W]`, from -1 to 1
  public Tensor next(Tensor latent) {
    decoder.check(latent.shape());
    try (Scope scope = Scope.open()) {
      return scope.keep(fine(decoder, 0, decoder.coarse(latent, 0, past), past).clamp(-1, 1));
    }
  }

  /// From what is before level `from` to pixels. Levels behind the last one that makes more frames run frame by frame: they are the
  /// largest, and need memory for one frame only.
  static Tensor fine(WanVaeDecoder decoder, int from, Tensor x, Past past) {
    List<WanVaeDecoder.Level> levels = decoder.levels();
    int whole = levels.size();
    while (whole > from && !levels.get(whole - 1).doublesTime()) whole--;
    try (Scope scope = Scope.open()) {
      Tensor y = x;
      for (WanVaeDecoder.Level level : levels.subList(from, whole)) {
        Tensor before = y;
        y = level.forward(before, past);
        if (before != x) before.close();
      }
      List<Tensor> frames = new ArrayList<>();
      for (long t = 0; t < y.size(2); t++) {
        frames.add(pixels(decoder, levels.subList(whole, levels.size()), y.slice(2, t, 1), past));
      }
      return scope.keep(Tensor.concat(2, frames.toArray(Tensor[]::new)));
    }
  }

  private static Tensor pixels(WanVaeDecoder decoder, List<WanVaeDecoder.Level> levels, Tensor frame, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor x = frame;
      for (WanVaeDecoder.Level level : levels) {
        Tensor before = x;
        x = level.forward(before, past);
        if (before != frame) before.close();
      }
      return scope.keep(decoder.pixels(x, past));
    }
  }

  @Override
  public void close() { past.close(); }
}
